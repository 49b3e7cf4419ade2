"""Assembles the web application; every decision lives in the rooms it puts together."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Flask

from storefront.kernel.places import beside
from storefront.web import assets, context, errors, i18n, limits, permits, security
from storefront.wiring import House

ROOMS = ("shop", "api", "login", "checkout", "orders", "webhooks", "health")


def create_app(house: House) -> Flask:
    """A WSGI application for this house; opens nothing, so that a worker process can make it after its fork."""
    app = Flask("storefront", static_folder=None, template_folder=str(beside("templates")))
    app.extensions["house"] = house
    security.furnish(app, house.settings)
    i18n.furnish(app, house.settings, beside("translations"))
    context.furnish(app, house)
    limits.furnish(app, house.settings)
    assets.furnish(app, beside("static"))
    permits.furnish(app, house.settings.web_outside_permits)
    errors.furnish(app)
    for room in ROOMS:
        name = f"storefront.web.{room}.routes"
        if find_spec(name) is None:
            continue
        module = import_module(name)
        app.register_blueprint(module.make_blueprint() if hasattr(module, "make_blueprint") else module.blueprint)
    return app
