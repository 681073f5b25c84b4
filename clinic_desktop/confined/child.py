"""The confined process: takes its own rights away, then jobs from the pipe until it closes."""

from __future__ import annotations

import gc
import io
import os
import select
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import IO

import msgspec

from clinic_desktop import i18n
from clinic_desktop.confined import steps, words
from clinic_desktop.confined.tasks import TASKS
from clinic_desktop.errors import BadFileError, ValidationError

_MOST_FILES = 48
_write = msgspec.msgpack.Encoder().encode
_read_job = msgspec.msgpack.Decoder(words.Job).decode


def serve() -> int:
    """Do jobs until the program closes the pipe, or asks for nothing for a while."""
    gc.disable()  # decoded trees hold no rings; what a misdeed leaves ends with its process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides when we end
    with os.fdopen(os.dup(0), "rb") as asked, os.fdopen(os.dup(1), "wb") as told:
        _be_silent()
        _confine()
        steps.enter()
        _say(told, words.Ready())
        while _is_asked(asked):
            job, data = words.receive(asked), words.receive(asked)
            if job is None or data is None or not _do(_read_job(job), data, told):
                break
    return 0


def _be_silent() -> None:
    """What a library prints goes nowhere: it would be an answer, or a patient's data in a log."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    sys.stdout = sys.stderr = io.StringIO()


def _confine() -> None:
    if sys.platform == "win32":
        return  # the program has put us into a job object
    import resource  # noqa: PLC0415 - not on Windows

    memory = words.BYTES_MEMORY
    wanted = [
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_FILES),
        (resource.RLIMIT_NPROC, 0),
    ]
    for limit, most in wanted:
        try:
            resource.setrlimit(limit, (most, most))
        except (OSError, ValueError):
            if sys.platform == "linux":  # macOS does not know all of them
                raise
    _renew_time()


def _renew_time() -> None:
    """Allow as much CPU again for the next answer; the kernel ends us when it is spent."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - as above

    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + words.SECONDS_CPU
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _is_asked(asked: IO[bytes]) -> bool:
    # Windows cannot wait for a pipe with a limit; there we wait until the program ends.
    if sys.platform == "win32":
        return True
    return bool(select.select([asked], [], [], words.SECONDS_IDLE)[0])


def _do(job: words.Job, data: bytes, told: IO[bytes]) -> bool:
    """Do one job; false where a fresh process is better for the next."""
    i18n.use(i18n.Language(job.language))
    try:
        _renew_time()
        for answer in _answers(job, data):
            _say(told, words.Item(_write(answer)))
            _renew_time()
        _say(told, words.Done())
    except (BadFileError, ValidationError) as error:
        _say(told, _refusal(error))
    except MemoryError:
        _say(told, words.Failed("memory"))
        return False
    except BrokenPipeError:
        return False
    except Exception:  # noqa: BLE001 - a parser may fail in any way; its words stay in here
        _say(told, words.Failed("fault"))
        return False
    return True


def _answers(job: words.Job, data: bytes) -> Iterator[msgspec.Struct]:
    module, _colon, name = TASKS[job.task].partition(":")
    answers: Iterator[msgspec.Struct] = getattr(import_module(module), name)(data, job.wish)
    return answers


def _refusal(error: BadFileError | ValidationError) -> words.Refused:
    field = error.field if isinstance(error, ValidationError) else ""
    code = "invalid" if isinstance(error, ValidationError) else "bad-file"
    return words.Refused(code, error.message, error.kept, error.hint, error.place, field)  # type: ignore[arg-type]


def _say(told: IO[bytes], said: words.Said) -> None:
    words.send(told, _write(said))
    told.flush()
