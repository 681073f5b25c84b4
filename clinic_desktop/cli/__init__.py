"""Headless commands; loads no Qt."""
