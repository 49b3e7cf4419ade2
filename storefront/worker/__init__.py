"""The worker's entrance: job names to use cases, sweeps on a timetable."""
