"""The eSIM storefront: no money without an eSIM."""

__version__ = "0.1.0"
