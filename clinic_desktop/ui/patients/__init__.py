"""The list of patients; registering, correcting and joining them."""
