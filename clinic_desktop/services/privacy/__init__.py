"""The patient's side of the record: what was given to whom, requests, export, erasure."""
