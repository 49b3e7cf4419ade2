"""What the web server imports."""

from storefront.app import create_app
from storefront.settings import Settings
from storefront.telemetry.logging import configure_logging
from storefront.wiring import wire

_settings = Settings()
configure_logging(production=_settings.is_production)
application = create_app(wire(_settings))
