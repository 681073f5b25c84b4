"""Who did what, who looked at what, and whether the log that says so is whole."""
