"""The proofs of the log at the size of CI, and every seed that once found a fault."""

from __future__ import annotations

import pytest

from tests.proofs.audit import corpus, mutations, pages

SEED = 20_261_122


@pytest.mark.parametrize("seed", [SEED, *corpus.seeds("T15")])
def test_a_changed_log_is_found_and_a_clean_one_is_not(seed: int) -> None:
    result = mutations.prove(size=63, seed=seed)
    assert not result.failures
    assert result.passed == 63 + 6


@pytest.mark.parametrize("seed", [SEED, *corpus.seeds("T9")])
def test_an_old_page_is_found(seed: int) -> None:
    result = pages.prove(size=24, seed=seed)
    assert not result.failures
    assert result.passed == 24
