"""The clinic day, played through the real window."""
