"""The chart of one patient."""
