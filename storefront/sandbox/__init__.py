"""A pretend outside world, reached over real HTTP; it imports nothing of ours."""
