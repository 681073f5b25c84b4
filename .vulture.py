"""Names that are used although vulture cannot see by whom; each group says why."""
