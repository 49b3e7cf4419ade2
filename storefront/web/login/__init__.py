"""E-mail sign-in."""
