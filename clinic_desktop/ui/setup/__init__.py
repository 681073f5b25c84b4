"""Parts of the set-up that the first run and the settings share."""
