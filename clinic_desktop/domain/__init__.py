"""Value types and rules; imports the standard library only."""
