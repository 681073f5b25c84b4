"""Proofs of backup and restore, and of a disk that fills up."""
