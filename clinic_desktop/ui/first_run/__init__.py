"""The first run: from nothing to a practice that can work."""
