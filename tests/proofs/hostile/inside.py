"""The confined process, given many files at a time: the same limits, the same work for each.

``python -m tests.proofs.hostile.inside MARK`` reads batches from its input and tells of each batch
what came of it. The file MARK says which input is being read, for whoever finds this process dead.
"""

from __future__ import annotations

import io
import mmap
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec

from clinic_desktop.confined import child, words

if sys.platform != "win32":
    import resource


class Input(msgspec.Struct, array_like=True):
    """One changed file and what is to be done with it, one task after the other."""

    number: int
    kind: str
    tasks: tuple[tuple[str, words.Wish], ...]
    data: bytes


class Told(msgspec.Struct):
    """What came of a batch."""

    done: int = 0
    """Read, or refused by the task's own answer."""
    refused: int = 0
    given_up: int = 0
    """The parser raised what it does not promise; people read "cannot be read"."""
    slowest: Annotated[float, "seconds of the processor"] = 0.0
    slowest_kind: str = ""
    memory: int = 0
    """The most that the process ever held, in bytes."""
    strange: list[int] = []
    """Inputs for which a fresh process is better: they took all the memory there is."""


_said = msgspec.msgpack.Decoder(words.Said).decode


def serve(mark: Path) -> int:
    """Read batches until there are no more."""
    read, write = msgspec.msgpack.Decoder(list[Input]).decode, msgspec.msgpack.Encoder().encode
    with (
        os.fdopen(os.dup(0), "rb") as asked,
        os.fdopen(os.dup(1), "wb") as told,
        mark.open("r+b") as file,
        mmap.mmap(file.fileno(), 8) as under_way,
    ):
        child._be_silent()
        child._confine()
        while (frame := words.receive(asked)) is not None:
            words.send(told, write(_batch(read(frame), under_way)))
            told.flush()
    return 0


def _batch(inputs: list[Input], under_way: mmap.mmap) -> Told:
    found = Told()
    for each in inputs:
        under_way[:] = each.number.to_bytes(8, "big")
        began = _spent()
        _one(each, found)
        spent = _spent() - began
        if spent > found.slowest:
            found.slowest, found.slowest_kind = spent, each.kind
    found.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return found


def _one(each: Input, found: Told) -> None:
    last: words.Said | None = None
    for task, wish in each.tasks:
        told = io.BytesIO()
        child._do(words.Job(task, "en", wish), each.data, told)
        last = _last(told.getvalue())
        if not isinstance(last, words.Done):
            break
    match last:
        case words.Done():
            found.done += 1
        case words.Refused():
            found.refused += 1
        case words.Failed(why="fault"):
            found.given_up += 1
        case _:
            found.strange.append(each.number)


def _last(told: bytes) -> words.Said | None:
    pipe, last = io.BytesIO(told), None
    while (frame := words.receive(pipe)) is not None:
        last = frame
    return _said(last) if last is not None else None


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1])))
