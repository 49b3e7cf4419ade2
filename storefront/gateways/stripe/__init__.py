"""Stripe, the cashier; the SDK is imported here only."""
