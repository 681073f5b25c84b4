"""Proofs of the log: whatever is done to it, or past it, is found; nothing else is."""
