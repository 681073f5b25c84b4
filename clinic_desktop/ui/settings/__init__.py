"""The settings: one page for each kind of choice."""
