"""Tasks: endless, reproducible supplies of sequences with targets."""
