"""Records of other systems come in."""
