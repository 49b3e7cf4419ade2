"""Closing auto-renewals, and the proof of it."""
