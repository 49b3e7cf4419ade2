"""My eSIM Detail and the order history."""
