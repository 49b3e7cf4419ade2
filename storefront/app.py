"""Assembles the web application; every decision lives in the rooms it puts together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from storefront.kernel.places import beside
from storefront.web import assets, context, errors, i18n, limits, permits, security
from storefront.web.api import routes as api
from storefront.web.checkout import routes as checkout
from storefront.web.desk import cases as desk_cases
from storefront.web.desk import closings as desk_closings
from storefront.web.desk import history as desk_history
from storefront.web.desk import routes as desk
from storefront.web.desk import staff
from storefront.web.desk import verbs as desk_verbs
from storefront.web.health import routes as health
from storefront.web.help import routes as order_help
from storefront.web.login import routes as login
from storefront.web.orders import routes as orders
from storefront.web.renewals import routes as renewals
from storefront.web.shop import routes as shop
from storefront.web.sims import routes as sims
from storefront.web.webhooks import routes as webhooks
from storefront.wiring import House

DESK = (desk, desk_history, desk_verbs, desk_cases, desk_closings)
ROOMS = (shop, api, login, checkout, orders, order_help, sims, renewals, *DESK, webhooks, health)


class _Shop(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none of ours is a coroutine, and the framework looks at nine of them each request."""
        return func


def create_app(house: House) -> Flask:
    """A WSGI application for this house; opens nothing, so that a worker process can make it after its fork."""
    app = _Shop("storefront", static_folder=None, template_folder=str(beside("templates")))
    app.extensions["house"] = house
    security.furnish(app, house.settings)
    i18n.furnish(app, house.settings, beside("translations"))
    context.furnish(app, house)
    limits.furnish(app, house.settings)
    staff.furnish(app, house)
    assets.furnish(app, beside("static"))
    permits.furnish(app, house.settings.web_outside_permits)
    errors.furnish(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    return app
