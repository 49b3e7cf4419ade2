"""Public pages: home, destination, plan."""
