"""Prescribing beside the note: lines, checks, paper; referrals and sick notes."""
