"""A window that shows the whole vocabulary, and the test bed of its checks."""
