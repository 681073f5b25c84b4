"""What the program and its confined process say to each other: frames of MessagePack."""

from __future__ import annotations

from typing import IO, Final, Literal

import msgspec

SECONDS_CPU: Final = 10
"""For one answer: one file, or one line of a long one."""
BYTES_MEMORY: Final = 512 << 20
SECONDS_WALL: Final = 60
"""For one answer, on a PC that is busy with other things; the CPU's limit is met long before."""
SECONDS_IDLE: Final = 30
"""After that an unused process ends by itself."""
MOST_FRAME: Final = 160 << 20
"""A page as dots is the largest answer there is."""
_SIZE: Final = 8


Wish = dict[str, str | int]


class Job(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done; the bytes to take apart come in a frame of their own."""

    task: str
    language: str
    wish: Wish


class Ready(msgspec.Struct, tag=True, forbid_unknown_fields=True):
    """The limits hold; the first job may come."""


class Item(msgspec.Struct, tag=True, forbid_unknown_fields=True):
    """One answer of a task, in its own encoding."""

    data: bytes


class Done(msgspec.Struct, tag=True, forbid_unknown_fields=True):
    """There are no more answers."""


class Refused(msgspec.Struct, tag=True, forbid_unknown_fields=True):
    """An error that people can act on, as ``errors.py`` has them."""

    code: Literal["bad-file", "invalid"]
    message: str
    kept: str
    hint: str
    place: str
    field: str


class Failed(msgspec.Struct, tag=True, forbid_unknown_fields=True):
    """The parser gave up. Never with its words: they may quote a patient's data."""

    why: Literal["memory", "fault"]


Said = Ready | Item | Done | Refused | Failed


def send(pipe: IO[bytes], content: bytes) -> None:
    """Write one frame. Raises OSError when nobody reads any more."""
    pipe.write(len(content).to_bytes(_SIZE, "big"))
    pipe.write(content)


def receive(pipe: IO[bytes], most: int = MOST_FRAME) -> bytes | None:
    """The next frame; ``None`` when the other side has ended or breaks the rules."""
    head = _exactly(pipe, _SIZE)
    size = int.from_bytes(head, "big") if head is not None else most + 1
    return _exactly(pipe, size) if size <= most else None


def _exactly(pipe: IO[bytes], size: int) -> bytes | None:
    content = pipe.read(size)
    return content if len(content) == size else None
