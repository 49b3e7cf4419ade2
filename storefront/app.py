"""Assembles the web application; every decision lives in the rooms it puts together."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from flask import Flask

from storefront.web import assets, context, errors, i18n, limits, security
from storefront.wiring import House

ROOMS = ("shop", "api", "login", "checkout", "orders", "webhooks", "health")


def create_app(house: House) -> Flask:
    """A WSGI application for this house; opens nothing, so that a worker process can make it after its fork."""
    app = Flask("storefront", static_folder=None, template_folder=str(_folder("templates")))
    app.extensions["house"] = house
    security.furnish(app, house.settings)
    i18n.furnish(app, house.settings, _folder("translations"))
    context.furnish(app, house)
    limits.furnish(app, house.settings)
    assets.furnish(app, _folder("static"))
    errors.furnish(app)
    for room in ROOMS:
        name = f"storefront.web.{room}.routes"
        if find_spec(name) is None:
            continue
        module = import_module(name)
        app.register_blueprint(module.make_blueprint() if hasattr(module, "make_blueprint") else module.blueprint)
    return app


def _folder(name: str) -> Path:
    """A folder of the checkout, or its copy inside the installed package."""
    here = Path(__file__).resolve().parent
    beside = here.parent / name
    return beside if beside.is_dir() else here / name
