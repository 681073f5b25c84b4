"""The rules, tried without a database or a window."""
