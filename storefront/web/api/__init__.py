"""The small JSON face."""
