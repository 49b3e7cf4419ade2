"""One file per table family; no behaviour. Importing this package registers every table."""

from storefront.models import case, catalogue, identity, order, payment, profile, supplier_token, work

__all__ = ["case", "catalogue", "identity", "order", "payment", "profile", "supplier_token", "work"]
