"""The heart: an order from placed to delivered."""
