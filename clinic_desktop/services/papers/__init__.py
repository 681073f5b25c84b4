"""Paper of the practice: made from the record, kept exactly as printed."""
