"""What protects the person a chart is about: consents, what was given to whom, requests."""
