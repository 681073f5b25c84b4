"""Main window, lock screen, palette."""
