"""Small sizes of the proofs on files from outside; large ones are run by hand."""

from __future__ import annotations

import pytest

from clinic_desktop.security import vault_file
from tests.proofs.hostile import bombs, fuzz


def test_every_bomb_is_refused() -> None:
    result = bombs.prove(len(bombs.BOMBS), seed=1, _jobs=1)
    assert not result.failures, result.failures


@pytest.mark.parametrize("seed", [1, 2])
def test_changed_files_are_taken_or_refused_with_a_sentence(seed: int) -> None:
    result = fuzz.prove(60, seed, _jobs=1)
    assert not result.failures, result.failures


def test_the_files_that_are_changed_are_sound_before() -> None:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    own = [data for name, data in fuzz.samples() if name.endswith(fuzz.OWN)]
    assert [vault_file.decoded(data).version for data in own] == [2, 1]
    with TemporaryDirectory() as folder:
        said = {
            name: bombs.take(name, data, Path(folder))
            for name, data in fuzz.samples()
            if not name.endswith(fuzz.OWN)
        }
    assert not any(said.values()), said
