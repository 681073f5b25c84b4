"""Charts that only their care team reads, and opening one in an emergency."""
