"""The only rooms that know a vendor."""
