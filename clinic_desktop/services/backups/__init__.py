"""Backups: made, tried, kept in turn, and brought back."""
