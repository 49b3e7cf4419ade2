"""Linksfield, the wholesale supplier."""
