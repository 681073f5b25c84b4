"""Use cases: commands write, queries read; each checks its permission."""
