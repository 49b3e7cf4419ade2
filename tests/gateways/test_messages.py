"""The supplier's JSON in and out: numbers keep their digits, missing fields are named, secrets are not repeated."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from storefront.gateways.linksfield import messages
from storefront.kernel.errors import Unintelligible

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["pre_order_request", "pre_order_answer", "notice_done", "order_status"])
def test_published_samples_survive_reading_and_writing(name: str) -> None:
    """Each published sample is the same after a trip through our reader and writer, types of numbers included."""
    text = (SAMPLES / f"{name}.json").read_text()
    once = messages.read(text, call="test").raw
    again = messages.read(messages.write(once), call="test").raw
    assert once == again == json.loads(text)
    assert [type(value) for value in once.values()] == [type(value) for value in again.values()]


@pytest.mark.parametrize("digits", ["5", "4.99", "0.10", "1E+1", "12345678901234567890.123456789"])
def test_numbers_are_written_digit_for_digit(digits: str) -> None:
    """A decimal is sent as the number it is, never through a float and never in scientific notation."""
    written = messages.write({"money": Decimal(digits)})
    assert "E" not in written
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal) == {"money": Decimal(digits)}
    if "E" not in digits:
        assert written == f'{{"money":{digits}}}'


def test_whole_numbers_stay_whole() -> None:
    """5 is read as 5, not as 5.0."""
    assert str(messages.read('{"money": 5}', call="test").number("money")) == "5"


@pytest.mark.parametrize(
    "text",
    ["", "<html>down for maintenance</html>", "[]", "null", "5", '{"a":', '{"a": NaN}', "[" * 100_000, b"\xff\xfe\x00"],
)
def test_anything_but_an_object_is_unintelligible(text: str | bytes) -> None:
    """Malformed answers are one kind of failure, and the error does not quote them."""
    with pytest.raises(Unintelligible) as failed:
        messages.read(text, call="test")
    assert "maintenance" not in str(failed.value)


@pytest.mark.parametrize(
    ("getter", "value"),
    [
        ("text", None),
        ("text", ""),
        ("text", {}),
        ("text", True),
        ("whole", None),
        ("whole", Decimal("1.5")),
        ("whole", "many"),
        ("whole", False),
        ("number", "1.2.3"),
        ("number", "-"),
        ("number", "1-2"),
        ("number", []),
        ("inside", "text"),
        ("inside", None),
        ("each", {}),
        ("each", ["text"]),
    ],
)
def test_a_field_that_is_missing_or_mistyped_is_named(getter: str, value: object) -> None:
    """The error names the field and where it stands, never what was in it."""
    data = messages.Fields({"data": {"thing": value}}, call="test").inside("data")
    with pytest.raises(Unintelligible, match=r"data\.thing") as failed:
        getattr(data, getter)("thing")
    assert failed.value.field == "data.thing"
    assert "many" not in str(failed.value)


def test_a_missing_list_is_a_fault_but_an_empty_one_is_not() -> None:
    """Null and [] mean "none"; an answer without the field means that we do not understand it."""
    assert messages.Fields({"data": None}, call="test").each("data") == []
    assert messages.Fields({"data": []}, call="test").each("data") == []
    with pytest.raises(Unintelligible, match="data is missing"):
        messages.Fields({}, call="test").each("data")


def test_text_of_numbers_is_taken_both_ways() -> None:
    """The supplier mixes text and numbers: ids are read as text, amounts as numbers, either way."""
    fields = messages.Fields({"id": 1055200093, "price": "4.99"}, call="test")
    assert fields.text("id") == "1055200093"
    assert fields.number("price") == Decimal("4.99")
