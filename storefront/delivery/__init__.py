"""The profile, its QR code and how to install it."""
