"""Speed beside named floors, on a generated clinic: ``python -m bench``."""
