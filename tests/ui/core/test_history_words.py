"""What the log says of odd events, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from clinic_desktop.services.audit.seen import Oddity
from clinic_desktop.ui.core.history_words import oddity_of


@pytest.mark.parametrize(
    "kind",
    ["record.restored", "record.moved", "access.device-anew", "access.device-outlived",
     "access.device-confirmed",
     "key.recovered", "clock.back", "integrity.fault"],
)  # fmt: skip
def test_what_the_program_noted_has_a_sentence(kind: str) -> None:
    said = oddity_of(Oddity(kind, datetime(2026, 11, 22, tzinfo=UTC), "", 1))
    assert said != kind
    assert " " in said
