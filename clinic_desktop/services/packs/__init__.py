"""Reference packs: code systems as read-only files, added by the clinic or shipped with us."""
