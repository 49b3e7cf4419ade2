"""Pretend Linksfield."""
