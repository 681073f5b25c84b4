"""Reconciliation with other PCs of the practice (later issue)."""
