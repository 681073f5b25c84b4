"""Keys, vault and unlock."""
