"""Reconciliation with other PCs of the practice, over a server that cannot read what it keeps.

``segment`` seals, ``keys`` holds what it seals with, ``statements`` is what the server knows of the
practice, ``messages`` is what goes over the wire, ``server`` keeps and hands on, ``client`` talks
to it, ``exchange`` is one pass. The format for another client: docs/sync-protocol.md.
"""
