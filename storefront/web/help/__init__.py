"""Help with an order."""
