"""T21: a name that stands nowhere else is searched in every byte outside the encrypted files.

The real window plays the clinic's day with a made-up patient, prints into a folder, meets an error
that has the name in its words, is locked and backed up. Home, temporary and data folder are fresh,
so everything that was written is found again: record, write-ahead log, mirror, key file, backups,
settings, the log of the program, what Qt kept. Printed papers may hold the name, for that is what
they are for; their file names may not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from tests.proofs.result import Result

REPOSITORY = Path(__file__).resolve().parents[3]
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_LIMIT_S = 900
_DAY = "tests.proofs.privacy.canary_day"
"""Acts as soon as it is loaded, so it is only named here."""


def canary(seed: int) -> tuple[str, str]:
    """A family name that can be typed and said and that nobody bears, and a phone number."""
    rng = Random(seed)
    syllables = [rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _n in range(5)]
    digits = "".join(rng.choice("123456789") for _n in range(6))
    return f"Xq{''.join(syllables)}".capitalize(), f"0722 {digits[:3]} {digits[3:]}"


def forms(name: str, phone: str) -> list[bytes]:
    """How programs write them down."""
    bare = phone.replace(" ", "")
    words = {name, name.lower(), name.upper(), phone, bare, bare[1:], phone[1:]}
    found = [word.encode() for word in words]
    return [*found, *(word.encode("utf-16-le") for word in words)]


def looks(world: Path, needles: list[bytes]) -> tuple[int, list[str]]:
    """How many files there are, and each that has the name in its bytes or in its own name."""
    count, wrong = 0, []
    for path in sorted(world.rglob("*")):
        told = str(path.relative_to(world))
        if any(needle in os.fsencode(told) for needle in needles):
            wrong.append(f"the name of a file: {told}")
        if path.is_file() and path.suffix not in {".pdf", ".png"}:
            count += 1
            content = path.read_bytes()
            if any(needle in content for needle in needles):
                wrong.append(f"the bytes of {told}")
    return count, wrong


def run_once(world: Path, seed: int) -> tuple[int, list[str]]:
    """One day: how many places were looked at, and where the name was found."""
    name, phone = canary(seed)
    for folder in ("home", "tmp", "papers", "pictures", "backups"):
        (world / folder).mkdir(parents=True)
    environment = {
        **os.environ,
        **dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
                         "XDG_STATE_HOME", "XDG_RUNTIME_DIR"), str(world / "home")),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(world / "tmp")),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }  # fmt: skip
    command = [sys.executable, "-B", "-m", _DAY, str(world), name, phone]
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True,
                          check=False, timeout=_LIMIT_S)  # fmt: skip
    if done.returncode:
        return 0, [f"day {seed}: it ended with {done.returncode}: {done.stderr.decode()[-2000:]}"]
    *said, last = done.stdout.decode().splitlines()
    told: dict[str, list[str]] = json.loads(last)
    needles = forms(name, phone)
    if not told.pop("record") or not list((world / "papers").glob("*.pdf")):
        return 0, [f"day {seed}: the search is blind: the name is not in the record"]
    if not any(b"RuntimeError" in each.read_bytes() for each in world.rglob("clinic.log")):
        return 0, [f"day {seed}: the search is blind: the error is not in the log"]
    count, wrong = looks(world, needles)
    more, worse = _looks_at_the_rest(told, needles, world)
    spoken = "\n".join(said).encode() + done.stderr
    if any(needle in spoken for needle in needles):
        worse.append("what the program said on its terminal")
    return count + more + 1, [f"day {seed}: {each}" for each in (*wrong, *worse)]


def _looks_at_the_rest(
    told: dict[str, Any], needles: list[bytes], world: Path
) -> tuple[int, list[str]]:
    wrong = [f"a file that was removed again: {each}" for each in told.pop("removed")]
    outside = {
        each for each in told.pop("opened")
        if Path(each).is_absolute() and not each.startswith((str(world), "/dev/", "/proc/"))
    }  # fmt: skip
    wrong += [f"written outside its folders: {each}" for each in sorted(outside)]
    count = 0
    for kind, texts in told.items():
        for text in texts:
            count += 1
            if any(needle in text.encode() for needle in needles):
                wrong.append(f"{kind}: {text}")
    return count, wrong


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Play ``size`` days, each with another name."""
    del jobs
    passed, failures = 0, []
    for number in range(size):
        with tempfile.TemporaryDirectory(prefix="canary-") as folder:
            count, wrong = run_once(Path(folder), seed + number)
        passed += count - len(wrong) if count else 0
        failures += wrong
    return Result("T21", passed, failures, seed)
