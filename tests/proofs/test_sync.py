"""The proof of the merge at the size of CI, and that it finds what it looks for."""

from __future__ import annotations

import pytest

from tests.proofs.sync import histories
from tests.proofs.sync.careless import CARELESS

SEED = 20_261_122
ENOUGH = 500
"""Histories within which a fault must show."""


def test_random_histories_agree_and_lose_nothing() -> None:
    result = histories.prove(size=2000, seed=SEED)
    assert not result.failures
    assert str(result) == f"P1-P5 passed=2000 failed=0 seed={SEED}"


@pytest.mark.parametrize("fault", CARELESS)
def test_a_careless_rule_is_found(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    careless = CARELESS[fault]
    monkeypatch.setattr(careless.module, careless.name, careless.rule)
    numbers = range(SEED, SEED + ENOUGH)
    assert any(histories.History(number).play() for number in numbers)
