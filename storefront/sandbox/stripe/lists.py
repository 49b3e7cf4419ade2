"""Pages of objects: cursors, limits and the filters all lists share."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import islice

from storefront.sandbox.stripe.core import Params
from storefront.sandbox.stripe.errors import invalid
from storefront.sandbox.stripe.store import Json

DEFAULT_LIMIT = 10
LARGEST_LIMIT = 100
_COMPARE = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def created_within(params: Params, item: Json) -> bool:
    """Whether an object passes the `created` filter, an exact second or a range."""
    wanted = params.get("created")
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(item["created"] == wanted)
    return all(_COMPARE[name](item["created"], bound) for name, bound in wanted.items())


def chosen(params: Params, *names: str) -> Params:
    """The filters among `params` that compare a field for equality."""
    return {name: params[name] for name in names if name in params}


def listed(newest_first: Iterator[Json], params: Params, url: str, equal: Params) -> Json:
    """One page of a list. Raises ApiError for a limit out of range or a cursor that is not in the list."""
    limit = params.get("limit", DEFAULT_LIMIT)
    if not 1 <= limit <= LARGEST_LIMIT:
        raise invalid(f"Invalid limit: {limit}. It must lie between 1 and 100.", "limit", "parameter_invalid_integer")
    matching = (
        item
        for item in newest_first
        if all(item.get(name) == value for name, value in equal.items()) and created_within(params, item)
    )
    after, before = params.get("starting_after"), params.get("ending_before")
    if before is not None:
        earlier = []
        for item in matching:
            if item["id"] == before:
                break
            earlier.append(item)
        else:
            raise invalid(f"No such object: '{before}'", "ending_before", "resource_missing")
        return _page(earlier[-limit:], len(earlier) > limit, url)
    if after is not None and not any(item["id"] == after for item in matching):
        raise invalid(f"No such object: '{after}'", "starting_after", "resource_missing")
    found = list(islice(matching, limit + 1))
    return _page(found[:limit], len(found) > limit, url)


def _page(data: list[Json], has_more: bool, url: str) -> Json:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
