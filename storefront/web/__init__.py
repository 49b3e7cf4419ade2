"""The browser's entrance."""
