"""Reads the installed library's generated annotations, so that a library bump re-checks the sandbox by itself."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import types
import typing
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

__all__ = ["ListObject", "StripeObject", "UntypedStripeObject"]


@functools.cache
def object_class(object_name: str) -> Any:
    """The library's class for an ``object`` value such as ``checkout.session``. Raises KeyError for unknown names."""
    module_name, class_name = OBJECT_CLASSES[object_name]
    return getattr(importlib.import_module(module_name), class_name)


@functools.cache
def _type_checking_names(module_name: str) -> dict[str, Any]:
    """What a module imports for type checkers only; its forward references point at these names."""
    # Only the head is parsed: the classes below it are thousands of lines long.
    source = re.split(r"\n(?=@|class )", inspect.getsource(importlib.import_module(module_name)), maxsplit=1)[0]
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If):
            for item in node.body:
                if isinstance(item, ast.ImportFrom) and item.module:
                    source_module = importlib.import_module(item.module)
                    found.update({name.asname or name.name: getattr(source_module, name.name) for name in item.names})
    return found


def resolve(annotations: dict[str, Any], module_name: str) -> dict[str, Any]:
    """Annotations with every forward reference replaced by what it names."""
    names = {**_type_checking_names(module_name), **vars(importlib.import_module(module_name))}
    holder = types.SimpleNamespace(__annotations__=annotations)
    return typing.get_type_hints(holder, globalns=names, include_extras=True)


@functools.cache
def fields(cls: Any) -> dict[str, Any]:
    """Every field of an object class with its resolved annotation."""
    found: dict[str, Any] = {}
    for parent in cls.__mro__:
        if not (isinstance(parent, type) and issubclass(parent, StripeObject)) or parent is StripeObject:
            continue
        own = {
            name: annotation
            for name, annotation in inspect.get_annotations(parent).items()
            if not name.startswith("_") and not _is_class_variable(annotation) and name not in found
        }
        found.update(resolve(own, parent.__module__))
    return found


def _is_class_variable(annotation: Any) -> bool:
    origin: Any = get_origin(annotation)
    return origin is ClassVar


def is_union(annotation: Any) -> bool:
    """True for both spellings of a union."""
    return get_origin(annotation) in (Union, types.UnionType)


def is_literal(annotation: Any) -> bool:
    """True for a closed set of values."""
    return get_origin(annotation) is Literal


def is_optional(annotation: Any) -> bool:
    """True when null (or absence) is allowed."""
    return is_union(annotation) and type(None) in get_args(annotation)


def is_list_object(annotation: Any) -> bool:
    """True for a page of objects."""
    return annotation is ListObject or get_origin(annotation) is ListObject
