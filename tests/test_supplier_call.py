"""The supplier's calls by hand, as an operator types them, over a socket to the sandbox."""

from __future__ import annotations

import json
import re

import pytest

from storefront import cli, supplier_call
from storefront.gateways.linksfield.csss import OPERATIONS as CSSS
from storefront.gateways.linksfield.mall_operations import OPERATIONS as MALL
from storefront.kernel.iccid import masked
from storefront.supplier_mask import Mask

HELD = ("id=1000000", "packageCode=LP20220325000000", "periodNum=1", "currency=USD", "currencyId=2", "money=5")


@pytest.fixture
def run(house, monkeypatch):
    """`flask supplier call <words>`; exit code and everything that was said."""
    monkeypatch.setattr(cli, "_house", lambda: house)
    runner = cli.make_app().test_cli_runner()

    def command(*words, params=(), typed=None):
        given = [each for one in params for each in ("--param", one)]
        done = runner.invoke(args=["supplier", "call", *words, *given], input=typed)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output + (str(done.exception) if done.exception else "")

    return command


@pytest.fixture
def sim(sandbox):
    """A SIM with a plan in use."""
    return sandbox.world.sims.some("in_use")


@pytest.mark.parametrize(
    ("family", "names"),
    [("mall", MALL), ("csss", CSSS), ("esim", ["countries", "plans", "plan", "pre_order", "notify_payment"])],
)
def test_without_an_operation_the_family_is_listed(run, family, names):
    """Every operation, with a word about those that have an effect."""
    code, text = run(family)
    assert code == 0
    listed = {line.split()[0]: line for line in text.splitlines()}
    assert set(names) <= set(listed)
    assert all("has an effect" in listed[name] for name in listed if name in {"pre_order", "order_package"})
    assert "has an effect" not in listed.get("verify", "")


@pytest.mark.parametrize(
    ("family", "name", "field"),
    [("mall", "verify", "deviceCode"), ("mall", "find_order", "sim_id"), ("csss", "device", "device_id")],
)
def test_a_read_shows_request_canonical_text_signature_and_answer(run, sim, family, name, field):
    """A POST and a GET of either family; the SIM's number is seen by its two ends only."""
    code, text = run(family, name, params=[f"{field}={sim.iccid}"])
    assert code == 0, text
    assert re.search(r"^request: (GET|POST) http://127\.0\.0\.1:\d+/linksfield-", text, re.MULTILINE)
    canonical = re.search(r"^canonical: (.*)$", text, re.MULTILINE)[1]
    assert json.loads(canonical)[field] == masked(sim.iccid)
    assert list(json.loads(canonical)) == sorted(json.loads(canonical))
    assert re.search(r"^signature: \S{20,}$", text, re.MULTILINE)
    assert "answer: status 200" in text
    assert sim.iccid not in text
    assert "pretend-csss-secret" not in text


def test_a_number_is_sent_as_json_on_request(run, sim):
    """CSSS counts pages in numbers: `:=` sends one, `=` sends text."""
    code, text = run("csss", "orders", params=[f"device_id={sim.iccid}", "page_no:=1", "page_size:=5"])
    assert code == 0
    assert '"page_no":1,"page_size":5' in text
    assert '"code": "0000"' in text


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("countries", (), "Malaysia"),
        ("plans", ("countryCode=502", "isoCountryName=Malaysia"), "1000000"),
        ("plan", ("id=1000000",), "LP20220325000000"),
    ],
)
def test_the_catalogue_is_read_without_a_signature(run, name, params, expected):
    """The eSIM QR family signs nothing."""
    code, text = run("esim", name, params=params)
    assert code == 0, text
    assert expected in text
    assert "canonical:" not in text
    assert "signature:" not in text


def test_an_esim_is_bought_by_hand_without_showing_a_secret(run, house):
    """Log in, reserve, report the payment, read the order and its profile: no token, password, code or number shows."""
    code, text = run("esim", "pre_order", "--yes", params=[*HELD, "api=v1.2"])
    assert code == 0, text
    assert "/v1.2/package/preOrderPackage" in text
    assert '"passwd": "<hidden>"' in text
    assert '"token": "<hidden>"' in text
    assert "shop@landfall.example" not in text
    order_id = re.findall(r'"id": "?(\d+)"?,', text)[-1]
    paid = (f"orderId={order_id}", "payAmount=5", "payCurrency=USD", "result=succeeded")
    assert run("esim", "notify_payment", "--yes", params=paid)[0] == 0
    for name in ("order_status", "profile"):
        code, text = run("esim", name, params=[f"orderId={order_id}"])
        assert code == 0, text
        assert '"qrCode": "<hidden>"' in text
        assert "LPA:" not in text
        assert "pretend-password" not in text
        assert not re.search(r"(?<!\d)89\d{16,18}(?!\d)", text)


def test_a_call_with_an_effect_asks_first(run, sandbox, sim):
    """No means that nothing is sent; yes sends it."""
    wanted = [f"deviceCode={sim.iccid}", "orderNo=1", "payId=2"]
    code, text = run("mall", "cancel_renewal", params=wanted, typed="n\n")
    assert code == 1
    assert "has an effect at the supplier. Send it?" in text
    assert "canonical:" in text
    assert "request:" not in text
    code, text = run("mall", "cancel_renewal", params=wanted, typed="y\n")
    assert code == 0
    assert "answer: status 200" in text
    assert run("esim", "pre_order", params=HELD, typed="n\n")[0] == 1


@pytest.mark.parametrize(
    ("words", "params", "remedy"),
    [
        (("mall", "buy"), (), "verify, plans, create_order"),
        (("csss", "verify"), (), "flow_usage, remainders, orders"),
        (("esim", "verify"), (), "countries, plans, plan"),
        (("esim", "plan"), (), "plan takes id"),
        (("esim", "plan"), ("id=1", "x=1"), "plan takes id"),
        (("esim", "plan"), ("id=one",), "plan takes id"),
        (("esim", "pre_order"), (*HELD, "api=v2"), "v1.1, v1.2"),
        (("esim", "pre_order"), (*HELD[:-1], "money=NaN"), "an amount is a number"),
        (("mall", "verify"), ("deviceCode",), "name=text"),
        (("csss", "orders"), ("page_no:=one",), "not JSON"),
        (("csss", "orders"), ("page_no:=NaN",), "not JSON"),
    ],
)
def test_nonsense_is_refused_with_what_would_do(run, words, params, remedy):
    """Nothing is sent, and the sentence names the remedy."""
    code, text = run(*words, params=params)
    assert code == 1
    assert remedy in text
    assert "answer:" not in text


def test_a_silent_supplier_is_one_sentence(run, sandbox, sim):
    """An error of the outside ends with exit code 1 and no traceback."""
    sandbox.world.faults.arm("mall.single_verify", "reset_before", 9)
    code, text = run("mall", "verify", params=[f"deviceCode={sim.iccid}"])
    assert code == 1
    assert "outside_unreachable" in text
    assert sim.iccid not in text


def test_an_answer_the_shop_could_not_read_is_shown_first(run, sandbox):
    """The operator sees the raw answer, then what is wrong with it."""
    sandbox.world.faults.arm("linksfield.package_detail", "malformed", 1)
    code, text = run("esim", "plan", params=["id=1000000"])
    assert code == 1
    assert "answer: status 200" in text
    assert "outside_unintelligible" in text


def test_every_operation_of_every_family_can_be_called(run):
    """Whatever the supplier says to empty parameters, the call is made and shown."""
    for family, names in (("mall", MALL), ("csss", CSSS)):
        for name in names:
            code, text = run(family, name, "--yes")
            assert code == 0, text
            assert "answer: status" in text


@pytest.mark.parametrize(
    "text",
    [
        '{"data":{"qrCode":"LPA:1$a.example$X-1","code":"LPA:1$a.example$X-1"}}',
        '{"data":"{\\"token\\":\\"hush-hush\\",\\"confirmationCode\\":\\"4711\\"}"}',
        '{"iccid":89852420180910340793,"deviceCode":"89852420180910340793F","list":["89852420180910340793"]}',
        "<p>token=hush-hush; ada@traveller.example 89852420180910340793</p>",
        '{"qrCode": "LPA:1$a.example$X-1", "half an ans',
        '{"email":"ada","note":"key is our-own-key"}',
        '{"device_id":"123456789012345"}',
    ],
)
def test_no_secret_survives_the_mask(text):
    """By name, by shape and by value, inside JSON, inside text inside JSON, and outside of any."""
    shown = Mask(["our-own-key"]).json(text)
    for secret in ("a.example$", "hush", "4711", "85242018091034", "ada", "our-own-key", "123456789012345"):
        assert secret not in shown


def test_an_address_is_masked_and_stays_readable():
    """The query of a look-up names the SIM."""
    shown = Mask([]).url("http://a.example/order?sim_id=89852420180910340793&access_code=1000&name=a%26b&sign=00ff")
    assert shown == "http://a.example/order?sim_id=8985…0793&access_code=<hidden>&name=a%26b&sign=00ff"


def test_the_mask_leaves_the_rest_as_it_was_written():
    """Digits, order of names and emptiness stay, since they are what one looks for."""
    text = '{"b":5.00,"a":[1,null,true,""],"é":{},"order":"1055200093","l":[]}'
    assert json.loads(Mask([]).json(text)) == json.loads(text)
    assert '"b":5.00,"a":' in Mask([]).json(text)
    assert '"b": 5.00,\n' in Mask([]).json(text, pretty=True)


def test_parameters_are_read_as_typed():
    """Text may hold equals signs and may be empty."""
    assert supplier_call.read_parameters(["a=b=c", "n:=5", "e=", 'l:=["x"]']) == {
        "a": "b=c",
        "n": 5,
        "e": "",
        "l": ["x"],
    }
