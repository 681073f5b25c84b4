"""Our widget vocabulary."""
