"""Drawers that book, move and take walk-ins."""
