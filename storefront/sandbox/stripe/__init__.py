"""Pretend Stripe."""
