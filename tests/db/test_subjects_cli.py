"""``subject export`` and ``subject erase`` as a script calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli
from clinic_desktop.config import DataDir
from tests.support.records import PASSWORD


def _run(capsys: pytest.CaptureFixture[str], data: DataDir, *words: str) -> tuple[int, Any]:
    code = cli.run(["--json", "--data-dir", str(data.root), *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_copy_is_written_and_an_erasure_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    clinic_dir: DataDir,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    _code, made = _run(capsys, clinic_dir, "patient", "add", "--family", "Otieno")
    out = tmp_path / "out"
    code, told = _run(capsys, clinic_dir, "subject", "export", made["id"], "--out", str(out))
    assert (code, told["rows"]["patient"]) == (0, 1)
    assert (out / "record.pdf").is_file()

    code, plan = _run(capsys, clinic_dir, "subject", "erase", made["id"], "--dry-run")
    assert (code, plan["allowed"]) == (0, False)
    code, refused = _run(
        capsys, clinic_dir, "subject", "erase", made["id"], "--reason", "asked in writing"
    )
    assert (code, refused["error"]["code"]) == (6, "rule")
    code, _told = _run(capsys, clinic_dir, "subject", "export", made["id"], "--out", str(out))
    assert code == 12
