"""The proofs of keys at the size of CI."""

from __future__ import annotations

import sys

import pytest

from tests.proofs.keys import guessing, key_store, memory, rekeying, turned_clock, vectors
from tests.proofs.needs import needs_recorder


@needs_recorder
def test_a_power_cut_while_the_key_changes_locks_nobody_out() -> None:
    result = rekeying.prove(size=150, seed=20_261_122)
    assert not result.failures
    assert result.passed == 150


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/PID/mem")
def test_no_key_and_no_name_stays_in_memory() -> None:
    result = memory.prove(size=1, seed=20_261_122)
    assert not result.failures


@pytest.mark.skipif(bool(key_store.lacks()), reason=f"needs {', '.join(key_store.lacks())}")
def test_a_real_key_store_that_fails_locks_nobody_out() -> None:
    result = key_store.prove(size=7, seed=0)
    assert not result.failures


def test_guessing_costs_what_was_said() -> None:
    result = guessing.prove(size=200, seed=20_261_122)
    assert not result.failures
    assert result.passed == 200


def test_a_turned_clock_changes_nothing_but_the_date() -> None:
    result = turned_clock.prove(size=4, seed=20_261_122)
    assert not result.failures
    assert result.passed == 4


class _Careless(turned_clock.Turned):
    """Measures waiting by the wall clock, as many programs do."""

    def uptime(self) -> float:
        """What somebody can turn."""
        return max(self.ran + self.off.total_seconds(), 0.0)


def test_the_proof_of_clocks_finds_a_program_that_trusts_the_wall() -> None:
    assert turned_clock.prove(size=3, seed=20_261_122, made=_Careless).failures


@pytest.mark.parametrize("vector", vectors.VECTORS, ids=[name for name, _, _ in vectors.VECTORS])
def test_a_primitive_gives_what_was_published(vector: vectors.Vector) -> None:
    _name, given, wanted = vector
    assert given().hex() == wanted


def test_all_vectors_are_counted() -> None:
    result = vectors.prove(size=0, seed=0)
    assert (result.passed, result.failures) == (len(vectors.VECTORS), [])
