"""What is for sale: browse, refresh, price."""
