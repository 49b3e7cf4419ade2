"""Who sits at the desk: its own cookie, below its own path, and the check before every view that declares a role."""

from __future__ import annotations

from flask import Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response

from storefront.identity import staff_sign_in
from storefront.identity.staff_sign_in import LeadNeeded, StaffView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.web import context
from storefront.web.limits import Access, current_guard, is_secure
from storefront.wiring import House

PATH = "/desk"


class StaffNeeded(StorefrontError):
    """Somebody without a session at the desk sent a form to it."""

    kind = Kind.FORBIDDEN
    code = "staff_needed"


def current_staff() -> StaffView:
    """Who sits at the desk; for views that declare a role."""
    found: StaffView = g.staff
    return found


def cookie_name() -> str:
    """The desk's own cookie; with https the browser refuses it from sibling hosts' pages."""
    return "__Secure-desk_session" if is_secure(context.house().settings) else "desk_session"


def remember(answer: Response, token: str) -> Response:
    """Let the answer carry a new token, or take it away when there is none."""
    secure = is_secure(context.house().settings)
    if token:
        life = int(staff_sign_in.LIFE.total_seconds())
        answer.set_cookie(
            cookie_name(), token, max_age=life, path=PATH, secure=secure, httponly=True, samesite="Strict"
        )
    else:
        answer.delete_cookie(cookie_name(), path=PATH, secure=secure, httponly=True, samesite="Strict")
    return answer


def furnish(app: Flask, home: House) -> None:
    """Check the role a view declares before it runs."""

    @app.before_request
    def check_role() -> Response | None:
        declared = current_guard()
        if declared is None or declared.access not in {Access.STAFF, Access.LEAD}:
            return None
        token = request.cookies.get(cookie_name(), "")
        found = staff_sign_in.find(home.write, home.read, token, now=context.now())
        if found is None:
            if request.method in {"GET", "HEAD"}:
                return redirect(url_for("desk.sign_in"), code=303)
            raise StaffNeeded
        if declared.access is Access.LEAD and not found.is_lead:
            raise LeadNeeded
        g.staff = found
        return None
