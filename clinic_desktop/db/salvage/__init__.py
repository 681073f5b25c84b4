"""What can be saved of a record whose pages are damaged, and exactly what cannot."""
