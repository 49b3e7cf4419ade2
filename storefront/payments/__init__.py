"""Taking, settling and giving back money."""
