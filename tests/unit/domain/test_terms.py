"""Terms as people read them."""

from __future__ import annotations

import pytest

from clinic_desktop.domain.terms import plain_term


@pytest.mark.parametrize(
    ("display", "shown"),
    [
        ("Fever (finding)", "Fever"),
        ("Detected (qualifier value)", "Detected"),
        ("Sodium (Na)", "Sodium (Na)"),
        ("Finding of (disorder) sorts", "Finding of (disorder) sorts"),
        ("", ""),
    ],
)
def test_only_a_semantic_tag_at_the_end_is_left_out(display: str, shown: str) -> None:
    assert plain_term(display) == shown
