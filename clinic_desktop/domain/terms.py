"""Terms of code systems as people read them."""

from __future__ import annotations

import re

_TAG = re.compile(
    r" \((?:finding|disorder|procedure|situation|event|person|product|substance|qualifier value"
    r"|morphologic abnormality|observable entity|regime/therapy|body structure|organism)\)$"
)


def plain_term(display: str) -> str:
    """A term without SNOMED CT's semantic tag: "Fever (finding)" reads "Fever"."""
    return _TAG.sub("", display)
