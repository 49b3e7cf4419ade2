"""What can be ordered to go wrong with a call about SIMs; the wire's part is shared with the QR family."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.linksfield import faults
from storefront.sandbox.world import Fault

MALL, CSSS = "mall", "csss"
TARGETS = {
    MALL: {
        "mall.single_verify": "/vshop/singleVerify",
        "mall.single_service_plan_page": "/vshop/singleServicePlanPage",
        "mall.single_order": "/vshop/singleOrder",
        "mall.single_query_order": "/vshop/singleQueryOrder",
        "mall.query_auto_renewal_record": "/vshop/queryAutoRenewalRecord",
        "mall.cancel_auto_renewal_record": "/vshop/cancelAutoRenewalRecord",
        "mall.syn_order_info": "/vshop/synPartner/SynOrderInfo",
        "mall.result_query": "/payment/resultQuery",
        "mall.stripe_sub_directly": "/payment/stripeSubDirectly",
        "mall.order": "/topup/mall/order",
        "mall.*": "whichever of them is called next",
    },
    CSSS: {
        "csss.query_device": "/device/queryDevice",
        "csss.sync_asset_info": "/device/syncAssetInfo",
        "csss.query_device_flow_usage": "/flow/queryDeviceFlowUsage",
        "csss.get_info_by_device_id": "/flow/getInfoByDeviceId",
        "csss.order_package": "/package/orderPackage",
        "csss.query_order": "/package/queryOrder",
        "csss.*": "whichever of them is called next",
    },
}
_SHARED = ("timeout_before", "timeout_after", "reset_before", "reset_after", "hang", "slow", "drip", "status", "html")
_OWN = {
    "malformed": "it happens, but the JSON of the answer breaks off half-way",
    "code": "answers `code` (Mall: E, CSSS: 9999) with `message`; nothing happened",
    "missing_field": "the answer comes without `field` (of data, or of each entry of a list in it)",
    "odd_field": "`field` of the answer is `value` instead (null when none is given)",
}
_ORDERS = {
    "not_yet": "the order is taken, but no query shows it for `seconds` (60) of the moved clock",
    "apply_later": "the order is taken, but takes effect only after `seconds` (1200) of the moved clock",
}
KINDS = {
    MALL: {**{name: faults.KINDS[name] for name in _SHARED}, **_OWN, **_ORDERS},
    CSSS: {
        **{name: faults.KINDS[name] for name in _SHARED},
        **_OWN,
        **_ORDERS,
        "bad_sign": "data.sign is that of other data",
    },
}
ONLY_AT = {
    "not_yet": ("mall.syn_order_info", "csss.order_package"),
    "apply_later": ("mall.syn_order_info", "csss.order_package"),
}
# What the shared code does to a finished answer; the rest is done to its data, before it is signed.
ON_THE_WIRE = (*_SHARED, "malformed")


def spoilt(data: Any, fault: Fault | None) -> Any:
    """The data of an answer as the fault wants it."""
    if fault is None or fault.kind not in ("missing_field", "odd_field"):
        return data
    field = str(fault.params.get("field", ""))
    for each in _objects(data):
        if fault.kind == "missing_field":
            each.pop(field, None)
        elif field in each:
            each[field] = fault.params.get("value")
    return data


def delays(fault: Fault | None) -> tuple[float, float]:
    """Seconds until a new order shows, and until it takes effect."""
    kind = fault.kind if fault else ""
    hidden = faults.seconds(fault, 60.0) if fault and kind == "not_yet" else 0.0
    late = faults.seconds(fault, 1200.0) if fault and kind == "apply_later" else 0.0
    return hidden, late


def _objects(data: Any) -> list[dict[str, Any]]:
    """The object itself and what stands in it, one level down; or the entries of a list."""
    if isinstance(data, list):
        return [each for each in data if isinstance(each, dict)]
    if not isinstance(data, dict):
        return []
    inner = [each for value in data.values() for each in (value if isinstance(value, list) else [value])]
    return [data, *(each for each in inner if isinstance(each, dict))]
