"""The encrypted file: engine, sessions, journal, search, migrations."""
