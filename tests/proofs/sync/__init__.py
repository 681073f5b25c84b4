"""Proofs of what several PCs agree on."""
