"""Clinic Desktop: an offline-first clinic record for small practices."""

__version__ = "0.1.0"
