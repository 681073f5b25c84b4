"""Proofs of a size to choose: each is a small test in CI and a large run by hand.

``python -m tests.proofs NAME --size N --seed S`` prints ``T<n> passed=… failed=… seed=…``.
"""
