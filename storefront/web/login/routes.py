"""Signing in with a code by mail, and signing out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront.identity import email_sign_in, sessions
from storefront.identity.email_sign_in import CodeExpired, CodeSpent, CodeUsed, CodeWrong
from storefront.web import context
from storefront.web.limits import Access, guard
from storefront.web.login.forms import CodeForm, EmailForm

PENDING = "sign_in"
"""Where the form cookie keeps the code that was asked for; its e-mail is empty when the browser must not learn it."""
PROVED = "proved"
"""What the form cookie keeps from the right code for a SIM to the SIM's page, which says so once."""
_LONGEST_NEXT = 500

blueprint = Blueprint("login", __name__)


@blueprint.route("/<locale>/sign-in", methods=["GET", "POST"])
@guard(access=Access.GUEST, limit="sign_in")
def email(locale: str) -> Response:
    """Ask for the address and send the code; the answer is the same whether we know the address or not."""
    wanted = local_path(request.values.get("next", ""))
    if request.method == "GET":
        return make_response(render_template("login/email.html", form=EmailForm(), next=wanted))
    form = EmailForm(request.form)
    if not form.validate():
        return make_response(render_template("login/email.html", form=form, next=wanted), 422)
    home = context.house()
    sent = email_sign_in.request_code(
        home.write,
        home.vault,
        home.outside.clock,
        key=code_key(),
        email=form.email.data,
        locale=locale,
        network=context.network(),
    )
    session[PENDING] = {"id": sent.code_id, "email": sent.email, "next": wanted, "fresh": True}
    return redirect(url_for("login.code"), code=303)


@blueprint.route("/<locale>/sign-in/code", methods=["GET", "POST"])
@guard(access=Access.GUEST, limit="code")
def code(locale: str) -> Response:
    """Take the code; right answers end in a new session, wrong ones say how many tries are left."""
    pending = session.get(PENDING)
    if not pending:
        return redirect(url_for("login.email", locale=locale), code=303)
    if request.method == "GET":
        just_sent = bool(pending.pop("fresh", False))
        session.modified = just_sent
        return _code_page(CodeForm(), pending["email"], sent=just_sent)
    form = CodeForm(request.form)
    if not form.validate():
        return _code_page(form, pending["email"], status=422)
    home = context.house()
    try:
        done = email_sign_in.sign_in(
            home.write,
            home.outside.clock,
            key=code_key(),
            code_id=pending["id"],
            code=form.code.data,
            token=context.session_token(),
            network=context.network(),
        )
    except CodeWrong as wrong:
        left = wrong.tries_left
        fault = ngettext(
            "That is not the code. You have %(num)d try left.",
            "That is not the code. You have %(num)d tries left.",
            left,
        )
        form.code.errors = [fault]
        return _code_page(form, pending["email"], status=422)
    except (CodeExpired, CodeUsed, CodeSpent):
        session.pop(PENDING)
        raise
    # A form token that was in the browser before the sign-in must not be worth anything after it.
    session.clear()
    if not pending["email"]:
        session[PROVED] = True
    context.remember(done.session, done.token)
    return redirect(pending["next"] or url_for("orders.history", locale=locale), code=303)


@blueprint.post("/<locale>/sign-out")
@guard(access=Access.GUEST, limit="sign_in")
def sign_out(locale: str) -> Response:
    """End the session here and in the database."""
    token = context.session_token()
    if token:
        sessions.revoke(context.house().write, token, now=context.now())
    session.clear()
    context.forget()
    return redirect(url_for("shop.home", locale=locale), code=303)


def local_path(text: str) -> str:
    """`text` if it is a path of this shop, else nothing: a link to us must not lead on to somebody else."""
    parts = urlsplit(text) if len(text) <= _LONGEST_NEXT and text.isprintable() else None
    if parts is None or parts.scheme or parts.netloc:
        return ""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) else ""


def code_key() -> bytes:
    """The key of sign-in codes."""
    return email_sign_in.code_key(context.house().settings.secret_key.get_secret_value())


def _code_page(form: CodeForm, address: str, *, sent: bool = False, status: int = 200) -> Response:
    # Without an address it is the second factor of a SIM: the browser must not learn where the code went.
    template = "login/code.html" if address else "sims/code.html"
    return make_response(render_template(template, form=form, email=address, sent=sent), status)
