"""Two groups tell whether the sheet is the valid one, and what is kept of them tells little."""

from __future__ import annotations

import pytest

from clinic_desktop.security.recovery_drill import PAIRS, Drill
from clinic_desktop.security.recovery_key import RecoveryKey
from tests.support.records import CHEAP

KEY = RecoveryKey(bytes(range(60, 80)))
OTHER = RecoveryKey(bytes(range(20)))


@pytest.fixture(scope="module")
def drill() -> Drill:
    return Drill.of(KEY, CHEAP)


def test_the_groups_of_the_sheet_pass_however_they_are_typed(drill: Drill) -> None:
    for pair in drill.pairs:
        first, second = KEY.groups[pair.first], KEY.groups[pair.second]
        assert drill.passes(pair, f" {first.lower()} ", "-".join(second))


def test_others_do_not(drill: Drill) -> None:
    pair = drill.pairs[0]
    first, second = KEY.groups[pair.first], KEY.groups[pair.second]
    assert not drill.passes(pair, second, first)
    assert not drill.passes(pair, first, OTHER.groups[pair.second])
    assert not drill.passes(pair, "", "")
    assert not drill.passes(pair, "Ω", "😀")


def test_half_of_the_groups_are_in_no_drill(drill: Drill) -> None:
    asked = {place for pair in drill.pairs for place in (pair.first, pair.second)}
    assert len(drill.pairs) == PAIRS
    assert len(asked) == 2 * PAIRS == len(KEY.groups) // 2
