"""Proofs of keys: changed under power cuts, guessed at, and looked for in memory."""
