"""Form bodies and query strings turned into typed parameters; what the library's own types do not know is refused."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NotRequired, Required, get_args, get_origin
from urllib.parse import parse_qsl

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

from storefront.sandbox.stripe.annotations import UntypedStripeObject, is_literal, is_union, resolve
from storefront.sandbox.stripe.errors import ApiError, invalid, required

Pairs = Iterable[tuple[str, str]]
_KEY = re.compile(r"\[([^\[\]]*)\]")
_NAMED_IN_ERRORS = 5


@dataclass
class Spec:
    """What one parameter may hold; a union is one spec with several facets."""

    scalar: type | None = None
    choices: set[str] = field(default_factory=set)
    open_choices: bool = True
    item: Spec | None = None
    values: Spec | None = None
    fields: dict[str, Spec] | None = None
    required: frozenset[str] = frozenset()


@functools.lru_cache(maxsize=4096)
def _split_key(key: str) -> tuple[str, ...]:
    head, bracket, _ = key.partition("[")
    return (head, *_KEY.findall(bracket + key[len(head) + 1 :])) if bracket else (head,)


def parse_form(text: str) -> list[tuple[str, str]]:
    """The pairs of a form body or query string, empty values kept: they unset things."""
    return parse_qsl(text, keep_blank_values=True)


def nest(pairs: Pairs) -> dict[str, Any]:
    """``a[b][0]=c`` as nested hashes; list positions stay keys until the spec says that a list is meant."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        *parents, last = _split_key(key)
        node = tree
        for parent in parents:
            child = node.setdefault(parent or str(len(node)), {})
            if not isinstance(child, dict):
                raise invalid("Invalid request: a parameter is both a value and a hash.", parent)
            node = child
        node[last or str(len(node))] = value
    return tree


@functools.cache
def spec_for(name: str) -> Spec:
    """The spec of a typed parameter class, named ``module:Class`` below ``stripe.params``."""
    module_name, _, class_name = name.partition(":")
    module = importlib.import_module(f"stripe.params.{module_name}")
    return _typed_dict(getattr(module, class_name))


@functools.cache
def _typed_dict(cls: Any) -> Spec:
    own = {key: hint for key, hint in cls.__annotations__.items() if key not in RequestOptions.__annotations__}
    hints = resolve(own, cls.__module__)
    return Spec(
        fields={key: _spec(hint) for key, hint in hints.items()},
        required=frozenset(cls.__required_keys__) & own.keys(),
    )


def _spec(hint: Any) -> Spec:
    origin, arms = get_origin(hint), get_args(hint)
    if origin in (NotRequired, Required):
        return _spec(arms[0])
    if is_union(hint):
        return _merged([_spec(arm) for arm in arms if arm is not type(None)])
    if is_literal(hint):
        return Spec(scalar=str, choices={str(arm) for arm in arms}, open_choices=False)
    if origin is list:
        return Spec(item=_spec(arms[0]))
    if origin in (dict, UntypedStripeObject):
        return Spec(values=_spec(arms[-1]))
    if is_typeddict(hint):
        return _typed_dict(hint)
    return Spec(scalar=hint if hint in (int, bool, float, Decimal) else str)


def _merged(arms: list[Spec]) -> Spec:
    # `Literal["a"] | str` is how the library keeps its enums open for later versions; the service itself refuses
    # strangers. `Literal[""] | str` is no enum: it says that an empty value unsets.
    choices = {choice for arm in arms for choice in arm.choices}
    return Spec(
        scalar=next(
            (arm.scalar for arm in arms if arm.scalar not in (None, str)), next((a.scalar for a in arms), None)
        ),
        choices=choices,
        open_choices=choices <= {""},
        item=next((arm.item for arm in arms if arm.item), None),
        values=next((arm.values for arm in arms if arm.values), None),
        fields=next((arm.fields for arm in arms if arm.fields is not None), None),
        required=frozenset().union(*(arm.required for arm in arms)),
    )


def typed(tree: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """Parameters with their types. Raises ApiError for unknown, missing or unreadable ones."""
    strangers: list[str] = []
    found: dict[str, Any] = _hash(tree, spec, "", strangers)
    if strangers:
        plural = "s" if len(strangers) > 1 else ""
        named = ", ".join(strangers[:_NAMED_IN_ERRORS])
        raise invalid(f"Received unknown parameter{plural}: {named}", strangers[0], "parameter_unknown")
    return found


def _hash(tree: dict[str, Any], spec: Spec, path: str, strangers: list[str]) -> dict[str, Any]:
    known = spec.fields or {}
    found: dict[str, Any] = {}
    for key, value in tree.items():
        where = f"{path}[{key}]" if path else key
        if key not in known:
            strangers.append(where)
        else:
            found[key] = _value(value, known[key], where, strangers)
    for key in spec.required - tree.keys():
        raise required(f"{path}[{key}]" if path else key)
    return found


def _value(value: Any, spec: Spec, path: str, strangers: list[str]) -> Any:
    if not isinstance(value, dict):
        return _scalar(value, spec, path)
    if spec.item is not None:
        item = spec.item
        return [_value(child, item, f"{path}[{n}]", strangers) for n, child in enumerate(value.values())]
    if spec.fields is not None:
        return _hash(value, spec, path, strangers)
    if spec.values is not None:
        values = spec.values
        return {key: _value(child, values, f"{path}[{key}]", strangers) for key, child in value.items()}
    raise invalid(f"Invalid {path}: a single value is expected, not a hash.", path)


def _scalar(value: str, spec: Spec, path: str) -> Any:
    if value == "" and "" not in spec.choices:
        raise invalid(
            f"An empty value was passed for '{path}'; empty means unset, and this parameter cannot be unset.",
            path,
            "parameter_invalid_empty",
        )
    if value == "":
        return None
    if value in spec.choices:
        return value
    if spec.scalar is None:
        kind = "array" if spec.item else "object"
        raise invalid(f"Invalid {kind}", path, f"parameter_invalid_{kind}" if kind == "array" else None)
    if not spec.open_choices and spec.scalar is str:
        allowed = ", ".join(sorted(spec.choices))
        raise invalid(f"Invalid {path}: must be one of {allowed}", path)
    if spec.scalar is int:
        if not re.fullmatch(r"[+-]?\d{1,18}", value):
            raise invalid(f"Invalid integer: {value}", path, "parameter_invalid_integer")
        return int(value)
    if spec.scalar is bool:
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", path)
        return value == "true"
    return value


__all__ = ["ApiError", "nest", "parse_form", "spec_for", "typed"]
