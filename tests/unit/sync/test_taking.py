"""Bringing what came into the record, a moment at a time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from clinic_desktop.db import said_again
from clinic_desktop.sync import kept_segments, taking
from clinic_desktop.sync.taking import Step


@pytest.mark.parametrize(("runs", "told"), [(3, ["access.device-outlived"]), (0, [])])
def test_work_after_a_pcs_end_is_said_once_however_many_runs_a_moment_takes(
    monkeypatch: pytest.MonkeyPatch, runs: int, told: list[str]
) -> None:
    steps = iter([*[Step(2, 1)] * runs, Step()])
    said: list[str] = []
    monkeypatch.setattr(taking, "_apply_next", lambda _uow: next(steps))
    monkeypatch.setattr(said_again, "note", lambda _cursor: None)
    monkeypatch.setattr(kept_segments, "has_outlived", lambda _cursor: True)
    uow = cast("Any", SimpleNamespace(cursor=None, audit=said.append))
    assert taking.apply_run(uow) == Step(2 * runs, runs)
    assert said == told
