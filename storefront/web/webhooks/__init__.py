"""Where vendors knock."""
