"""The sample clinic: made-up people with whole lives, and a day in full swing."""
