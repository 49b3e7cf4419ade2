"""The operator's commands, run as an operator would, on a real database with the sandbox outside."""

import pytest

from storefront.cases.ask import Asked
from storefront.cases.ask import ask as desk_ask
from storefront.models.sim import Sim
from storefront.ordering.notices import settle_order
from storefront.worker.run import drain
from tests import making


def test_the_doctor_finds_a_healthy_shop_well(run):
    """With everything in place the doctor exits 0 and says ok to each look."""
    code, text = run("doctor")
    assert code == 0, text
    assert text.count("ok  ") == 12


def test_the_doctor_reads_the_operators_pages(run, house, monkeypatch, tmp_path):
    """Placeholders and missing pages are named; they are a fault in production only."""
    assert "still our placeholder: contact, help, privacy, refunds, terms" in run("doctor")[1]
    (tmp_path / "terms.md").write_text("# Terms\n\nRead by a lawyer.\n")
    (tmp_path / "help.md").write_text("# Help\n\n> Placeholder text. The operator adapts it.\n\nWrite to us.\n")
    monkeypatch.setattr(type(house.settings), "is_production", property(lambda _: True))
    monkeypatch.setitem(house.settings.__dict__, "pages_dir", tmp_path)
    found = next(line for line in run("doctor")[1].splitlines() if " pages" in line)
    assert found.startswith("BAD")
    assert "missing: contact, privacy, refunds; still our placeholder: help" in found


def test_the_doctor_names_the_remedy_for_a_silent_supplier(run, sandbox):
    """A supplier that does not answer is found, with what to check."""
    sandbox.world.faults.arm("linksfield.country_list", "status", 9, status=503)
    code, text = run("doctor")
    assert code == 1
    assert "BAD  supplier" in text
    assert "SHOP_SUPPLIER_URL" in text


def test_models_and_schema_agree(run):
    """No column exists in one of the two only."""
    assert run("db", "check") == (0, "models and schema agree\n")


def test_a_price_rule_changes_what_a_traveller_pays(run, house):
    """A markup on everything raises the offer; dropping it brings the supplier's price back."""
    plan = making.some_plan(house)
    before = making.wanted(house, plan).charged
    assert run("catalogue", "set-price", "--markup", "0.5", "--round-to", "10")[0] == 0
    after = making.wanted(house, plan).charged
    assert after.minor >= before.minor * 3 // 2
    assert after.minor % 10 == 0
    assert run("catalogue", "drop-price", "1")[0] == 0
    assert making.wanted(house, plan).charged == before


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--markup", "9"), "0.15 adds 15 %"),
        (("--plan", "nowhere-1gb"), "no plan is called nowhere-1gb"),
        (("--place", "atlantis"), "no place is called atlantis"),
        (("--round-to", "-1"), "minor units"),
    ],
)
def test_a_senseless_price_rule_is_refused_with_a_remedy(run, words, remedy):
    """Nothing is written, and the sentence says what to type instead."""
    code, text = run("catalogue", "set-price", *words)
    assert code == 1
    assert remedy in text
    assert "no rules" in run("catalogue", "prices")[1]


def test_a_case_is_listed_shown_and_resolved_by_refunding(run, house, sandbox):
    """The way of an unusable profile: the desk lists it, looks at it, gives the money back."""
    order_id = making.make_order(house)
    making.pay_at_cashier(sandbox, house, order_id)
    sandbox.world.faults.arm("linksfield.order_status", "bad_qr", 1, value="<img src=x>")
    sandbox.world.faults.arm("linksfield.profile", "bad_qr", 1, value="<img src=x>")
    settle_order(house.bench, order_id, budget=60)
    case = making.cases_of(house, order_id)[0]
    assert "unusable_profile" in run("case", "list")[1]
    assert making.order_of(house, order_id).reference in run("case", "show", case.id[-8:])[1]
    assert run("case", "resolve", case.id[-8:], "--how", "refund", "--why", "bad code", "--by", "eve")[0] == 0
    drain(house)
    assert making.order_of(house, order_id).state == "refunded"
    assert run("case", "list")[1] == "no cases\n"
    assert run("work", "check")[0] == 0


def test_resolving_twice_is_refused(run, house, sandbox):
    """The second of two agents learns that the first was faster."""
    order_id = making.make_order(house)
    making.pay_at_cashier(sandbox, house, order_id)
    sandbox.world.faults.arm("linksfield.order_status", "bad_qr", 1, value="nonsense")
    sandbox.world.faults.arm("linksfield.profile", "bad_qr", 1, value="nonsense")
    settle_order(house.bench, order_id, budget=60)
    case = making.cases_of(house, order_id)[0].id[-8:]
    words = ("case", "resolve", case, "--how", "note", "--why", "done by hand", "--by", "eve")
    code, text = run(*words)
    assert (code, "money_still_held" in text) == (1, True)
    assert run("case", "resolve", case, "--how", "refund", "--why", "bad code", "--by", "eve")[0] == 0
    code, text = run(*words)
    assert code == 1
    assert "case_already_resolved" in text


def test_a_proof_is_read_by_the_operator_alone(run, house, tmp_path):
    """The list shows a masked number; the proof is written out with the full one for whoever decides."""
    with house.write() as session:
        sim = Sim(id="s-1", iccid="89852420180910340793", seen_at=house.outside.clock.now())
        session.add(sim)
        asked = Asked("close_renewal", "ada@traveller.example", "please", b"\x89PNG\r\n\x1a\npicture")
        desk_ask(
            session,
            house.vault,
            owner="desk",
            now=house.outside.clock.now(),
            sim_id=sim.id,
            iccid=sim.iccid,
            asked=asked,
        )
    _, listed = run("case", "list")
    assert "8985…0793" in listed
    assert "89852420180910340793" not in listed
    code, text = run("case", "proof", listed.split()[0], str(tmp_path / "proofs"))
    assert code == 0, text
    assert "89852420180910340793" in text
    assert next((tmp_path / "proofs").iterdir()).read_bytes() == asked.file
