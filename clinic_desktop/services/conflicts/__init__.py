"""Questions that come up where PCs wrote without knowing of each other, and their answers."""
