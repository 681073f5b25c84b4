"""Proofs about what stands outside the encrypted files."""
