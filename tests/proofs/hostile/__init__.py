"""Proofs that files from outside cannot harm the program."""
