"""The calendar by doctor and by room."""
