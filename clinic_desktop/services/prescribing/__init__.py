"""Medicines ordered: the line as typed, what was checked, the prescription on paper."""
