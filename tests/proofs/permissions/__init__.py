"""Who may do what: the program's decisions against a table written down independently."""
