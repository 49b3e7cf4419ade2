"""Compares a JSON answer with the library's annotations: unknown fields, missing fields, wrong types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args, get_origin

from storefront.sandbox.stripe.annotations import (
    StripeObject,
    UntypedStripeObject,
    fields,
    is_list_object,
    is_literal,
    is_optional,
    is_union,
    object_class,
)


def findings(answer: Any) -> list[str]:
    """Everything about an answer that the installed library would not expect; empty means it agrees."""
    if not isinstance(answer, dict) or "object" not in answer:
        return ["not a Stripe object"]
    if answer["object"] == "list":
        return [found for item in answer["data"] for found in findings(item)]
    try:
        cls = object_class(str(answer["object"]))
    except KeyError:
        return [f"unknown object {answer['object']}"]
    return _check_object(answer, cls, str(answer["object"]))


def _check_object(value: Any, cls: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {type(value).__name__} where {cls.__name__} belongs"]
    known = fields(cls)
    declared = value.get("object")
    if "object" in known and is_literal(known["object"]) and declared not in get_args(known["object"]):
        return [f"{path}: object {declared!r} is not a {cls.__name__}"]
    found = [f"{path}.{name}: unknown to {cls.__name__}" for name in value if name not in known]
    for name, annotation in known.items():
        if name in value:
            found += _check(value[name], annotation, f"{path}.{name}")
        elif not is_optional(annotation):
            found.append(f"{path}.{name}: missing")
    return found


def _check_union(value: Any, annotation: Any, path: str) -> list[str]:
    arms = get_args(annotation)
    if value is None:
        return [] if type(None) in arms else [f"{path}: null is not allowed"]
    attempts = [_check(value, arm, path) for arm in arms if arm is not type(None)]
    return min(attempts, key=len)


def _check_untyped(value: Any, arms: tuple[Any, ...], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {type(value).__name__} where a hash belongs"]
    return [found for key, item in value.items() for found in _check(item, arms[0], f"{path}.{key}")] if arms else []


def _check(value: Any, annotation: Any, path: str) -> list[str]:
    origin, arms = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return []
    if is_union(annotation):
        return _check_union(value, annotation, path)
    if value is None:
        return [f"{path}: null is not allowed"]
    if is_literal(annotation):
        return [] if value in arms else [f"{path}: {value!r} is not among the declared values"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{path}: {type(value).__name__} where a list belongs"]
        return [found for n, item in enumerate(value) for found in _check(item, arms[0], f"{path}[{n}]")]
    if is_list_object(annotation):
        if not isinstance(value, dict) or value.get("object") != "list":
            return [f"{path}: not a page of objects"]
        page = [(item, f"{path}.data[{n}]") for n, item in enumerate(value["data"])]
        return [found for item, where in page for found in _check(item, arms[0], where)] if arms else []
    if annotation is UntypedStripeObject or origin in (UntypedStripeObject, dict):
        return _check_untyped(value, arms[-1:], path)
    if isinstance(annotation, type) and issubclass(annotation, StripeObject):
        return [] if annotation is StripeObject else _check_object(value, annotation, path)
    # Decimals travel as strings; the library turns them into numbers on arrival.
    expected: Any = {float: (int, float), Decimal: str}.get(annotation, annotation)
    if not isinstance(value, expected) or (annotation is int and isinstance(value, bool)):
        return [f"{path}: {type(value).__name__} where {annotation.__name__} belongs"]
    return []
