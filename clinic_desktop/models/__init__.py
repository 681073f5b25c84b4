"""Tables of the record, one file per aggregate."""
