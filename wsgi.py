"""What the web server imports; `.env` counts here as it does for the `flask` command."""

import os

from dotenv import load_dotenv

from storefront.app import create_app
from storefront.settings import Settings
from storefront.telemetry.logging import configure_logging
from storefront.wiring import wire

if not os.environ.get("FLASK_SKIP_DOTENV"):
    load_dotenv(".env")
_settings = Settings()
configure_logging(production=_settings.is_production)
application = create_app(wire(_settings))
