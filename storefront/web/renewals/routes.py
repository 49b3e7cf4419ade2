"""Close the auto-renewals the supplier holds for one's SIM, and the page that proves it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from storefront.identity import step_up
from storefront.identity.step_up import SimAccess
from storefront.kernel.errors import Kind, StorefrontError
from storefront.renewals import close
from storefront.renewals.close import ClosingNotFound
from storefront.web import context
from storefront.web.limits import Access, guard

LOOK_AGAIN = "2"
blueprint = Blueprint("renewals", __name__)


class ProofNeeded(StorefrontError):
    """The number of a SIM alone closes nothing."""

    kind = Kind.FORBIDDEN
    code = "proof_needed"


@blueprint.post("/<locale>/sim/renewal/close")
@guard(access=Access.GUEST, limit="pay")
def end(locale: str) -> Response:
    """Close every auto-renewal of the SIM; a second click leads to the closing under way."""
    sim = _proved()
    closing = close.ask(
        context.house().bench,
        iccid=sim.iccid,
        asked_by="traveller",
        actor="traveller",
        email=context.current().email or "",
        locale=locale,
    )
    return redirect(url_for("renewals.proof", locale=locale, reference=closing.reference), code=303)


@blueprint.get("/<locale>/sim/renewal/<reference>")
@guard(access=Access.GUEST, limit="order")
def proof(locale: str, reference: str) -> Response:
    """What was asked, what ended, and when the supplier was seen without one."""
    sim = _proved()
    closing = close.find(context.house().bench, reference)
    if closing.iccid != sim.iccid:
        raise ClosingNotFound(field="reference")
    page = make_response(render_template("renewals/closing.html", closing=closing))
    if closing.state == "asked":
        page.headers["Refresh"] = LOOK_AGAIN
    return page


def _proved() -> SimAccess:
    sim = step_up.access(context.house().read, context.current())
    if not sim.is_proved:
        raise ProofNeeded
    return sim
