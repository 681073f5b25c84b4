"""Tasks for the confined process that do what a parser must not do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from clinic_desktop.confined import child, steps, tasks, words
from clinic_desktop.confined.words import Wish
from clinic_desktop.errors import BadFileError

NAMES = (
    "echo",
    "spin",
    "dawdle",
    "gobble",
    "die",
    "print",
    "write",
    "descriptors",
    "secret",
    "refuse",
    "many",
)


class Said(msgspec.Struct, frozen=True):
    """What a misdeed has to say."""

    text: str


def echo_task(data: bytes, wish: Wish) -> Iterator[Said]:
    yield Said(data.decode() + str(wish.get("more", "")))


def spin_task(data: bytes, _wish: Wish) -> Iterator[Said]:
    while True:
        data = data[::-1]


def dawdle_task(data: bytes, wish: Wish) -> Iterator[Said]:
    with steps.at_most(0.05):
        yield from spin_task(data, wish)


def gobble_task(data: bytes, _wish: Wish) -> Iterator[Said]:
    yield Said(str(len(data * (1 << 30))))


def die_task(_data: bytes, _wish: Wish) -> Iterator[Said]:
    os.kill(os.getpid(), signal.SIGSEGV)
    yield Said("")


def print_task(data: bytes, _wish: Wish) -> Iterator[Said]:
    os.write(1, data)
    os.write(2, data)
    raise ValueError(data)


def write_task(_data: bytes, wish: Wish) -> Iterator[Said]:
    try:
        Path(str(wish["path"])).write_bytes(b"x")
    except OSError as error:
        yield Said(type(error).__name__)


def descriptors_task(_data: bytes, _wish: Wish) -> Iterator[Said]:
    opened = list(Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else []
    yield Said(str(len(opened)))


def secret_task(_data: bytes, _wish: Wish) -> Iterator[Said]:
    yield Said(" ".join(f"{name}={value}" for name, value in os.environ.items()))


def refuse_task(data: bytes, _wish: Wish) -> Iterator[Said]:
    raise BadFileError(data.decode(), kept="Kept.", hint="Hint.")


def many_task(_data: bytes, _wish: Wish) -> Iterator[Said]:
    for number in range(10_000):
        yield Said(str(number))


def serve() -> int:
    """The confined process with these tasks, and one second instead of ten."""
    here = sys.modules[__name__]
    for name in NAMES:
        tasks.TASKS[name] = f"{here.__name__}:{name}_task"
    words.SECONDS_CPU = 1  # type: ignore[misc]
    return child.serve()
