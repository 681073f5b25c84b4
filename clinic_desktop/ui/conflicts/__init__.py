"""The screen on which questions between PCs are decided."""
