"""Measurements, comparable within one run: ratios against bare floors on the same server. `make bench`."""
