"""What stands outside the encrypted files, at the size of CI; and that the proof can see."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from clinic_desktop import logs
from tests.proofs.privacy import canary


@pytest.mark.slow
def test_a_day_leaves_nobodys_name_outside_the_encrypted_files() -> None:
    result = canary.prove(size=1, seed=20_261_122)
    assert not result.failures
    assert result.passed > 10


def test_a_day_that_ends_early_says_why_and_not_about_whom() -> None:
    """Also once the program's own hook for what nobody expected is at work."""
    words = (
        "from tests.proofs.privacy import canary_day as day\n"
        "def main():\n"
        "    day.unexpected.watch(lambda error: None)\n"
        "    raise KeyError('XQBADO is not on the board, call 0722 111 222')\n"
        "day.main = main\n"
        "day.run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", words, "/nowhere", "Xqbado", "0722 111 222"],
        cwd=canary.REPOSITORY, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "KeyError" in said
    assert "is not on the board" in said
    assert "xqbado" not in said.casefold()
    assert "111" not in said


def test_a_name_in_bytes_or_in_a_file_name_is_seen(tmp_path: Path) -> None:
    name, phone = canary.canary(7)
    needles = canary.forms(name, phone)
    (tmp_path / "quiet.txt").write_text("nothing", "utf-8")
    assert canary.looks(tmp_path, needles) == (1, [])
    (tmp_path / "log.txt").write_bytes(f"…{name.lower()}…".encode("utf-16-le"))
    (tmp_path / f"{name}.pdf").touch()
    assert len(canary.looks(tmp_path, needles)[1]) == 2


def test_the_log_keeps_where_an_error_happened_and_none_of_its_words(tmp_path: Path) -> None:
    """Its words may name a person; so may those of its cause."""
    name = "".join(reversed("rehtaeflliuQ"))
    record = logging.LogRecord("x", logging.ERROR, "x", 1, f"Saved '{name}'", None, None)

    def fail() -> None:
        try:
            raise KeyError(name)  # noqa: TRY301
        except KeyError as cause:
            raise ValueError(f"nobody knows {name}") from cause

    try:
        fail()
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    told = logs.RedactingFormatter("%(message)s").format(record)
    assert name not in told
    assert "test_privacy.py" in told
    assert told.rstrip().endswith("ValueError")
