"""Plumbing between services and widgets."""
