"""The program's side: a job for the confined process, its answers, its end when it misbehaves."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import IO, Self, TypeVar

import msgspec

from clinic_desktop import i18n
from clinic_desktop.config import program_root
from clinic_desktop.confined import words
from clinic_desktop.confined.windows_job import confine
from clinic_desktop.errors import BadFileError, ClinicError, SetupError, ValidationError
from clinic_desktop.i18n import _

ARGUMENT = "--confined"
"""Makes the program the confined process instead of a window; see ``__main__``."""
_LOOK_S = 0.1
_LONGEST_SENTENCE = 2_000
_Answer = TypeVar("_Answer", bound=msgspec.Struct)
_read = msgspec.msgpack.Decoder(words.Said).decode
_write = msgspec.msgpack.Encoder().encode


class StoppedError(Exception):
    """The person who waited has cancelled; the process has ended."""


class Confined:
    """One confined process, started when first needed and anew after each misdeed.

    One job at a time; whoever comes from another thread waits.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._busy = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process; ``None`` while there is none."""
        return self._process.pid if self._process else None

    def read(
        self,
        task: str,
        answer: type[_Answer],
        data: bytes,
        wish: words.Wish | None = None,
        name: str = "",
    ) -> _Answer:
        """The one answer of a task.

        Raises:
            BadFileError, ValidationError: as the task says, or it broke a limit.
            SetupError: the process cannot be started.
        """
        answers = list(self.stream(task, answer, data, wish, name))
        if len(answers) != 1:
            raise _failed("fault", name)
        return answers[0]

    def stream(
        self,
        task: str,
        answer: type[_Answer],
        data: bytes,
        wish: words.Wish | None = None,
        name: str = "",
        cancel: threading.Event | None = None,
    ) -> Generator[_Answer, None, None]:
        """All answers of a task, as they come; leaving early ends the process.

        Raises:
            StoppedError: ``cancel`` was set.
            BadFileError, ValidationError, SetupError: as in ``read``.
        """
        decode = msgspec.msgpack.Decoder(answer).decode
        with self._busy:
            done = False
            try:
                process = self._asked(words.Job(task, i18n.current().language, wish or {}), data)
                with _Watch(process, cancel) as watch:
                    while isinstance(said := _heard(process), words.Item):
                        watch.pause()
                        yield decode(said.data)
                        watch.go_on()
                done = isinstance(said, words.Done | words.Refused)
                if watch.cancelled:
                    raise StoppedError
                if not isinstance(said, words.Done):
                    raise _error(said, name, too_long=watch.too_long or _died_of_time(process))
            except msgspec.MsgspecError as error:
                raise _failed("fault", name) from error
            finally:
                if not done:
                    self._end()

    def close(self) -> None:
        """End the process, if it runs; a job under way fails."""
        self._end()

    def _asked(self, job: words.Job, data: bytes) -> subprocess.Popen[bytes]:
        """A process that has taken the job; one that ended of idleness is replaced."""
        for _try in range(2):
            process = self._process if self._process and self._process.poll() is None else None
            process = process or self._started()
            pipe = _pipe(process.stdin)
            try:
                words.send(pipe, _write(job))
                words.send(pipe, data)
                pipe.flush()
            except OSError:
                self._end()
            else:
                return process
        raise _no_process()

    def _started(self) -> subprocess.Popen[bytes]:
        self._end()
        try:
            self._process = process = _start()
        except OSError as error:
            raise _no_process() from error
        confine(process)
        with _Watch(process, None):
            if not isinstance(_heard(process), words.Ready):
                self._end()
                raise _no_process()
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            _close(pipe)
        process.wait()


class _Watch:
    """Ends a process that does not answer in time, or whose answer nobody waits for any more."""

    def __init__(self, process: subprocess.Popen[bytes], cancel: threading.Event | None) -> None:
        self._process = process
        self._cancel = cancel
        self._over = threading.Event()
        self._until = time.monotonic() + words.SECONDS_WALL
        self.too_long = self.cancelled = False
        self._thread = threading.Thread(target=self._look, name="confined-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def pause(self) -> None:
        """The answer has come; what is done with it does not count."""
        self._until = float("inf")

    def go_on(self) -> None:
        """Wait for the next answer."""
        self._until = time.monotonic() + words.SECONDS_WALL

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            self.cancelled = self._cancel is not None and self._cancel.is_set()
            self.too_long = time.monotonic() > self._until
            if self.cancelled or self.too_long:
                self._process.kill()
                return


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this very program
        _command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,  # Ctrl+C in a terminal is ours to answer
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, ARGUMENT]
    return [sys.executable, "-P", "-B", "-X", "utf8", "-m", "clinic_desktop", ARGUMENT]


def _environment() -> dict[str, str]:
    """Nothing that could be a secret; what Windows needs to load its libraries."""
    kept = ("SYSTEMROOT", "WINDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return found | {"PYTHONPATH": str(program_root()), "LC_ALL": "C.UTF-8"}


def _heard(process: subprocess.Popen[bytes]) -> words.Said | None:
    frame = words.receive(_pipe(process.stdout))
    return _read(frame) if frame is not None else None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # it was asked for when the process was started
        raise TypeError
    return pipe


def _died_of_time(process: subprocess.Popen[bytes]) -> bool:
    """Whether the kernel ended it for the CPU it took, in all or for one step."""
    signals = (getattr(signal, name, None) for name in ("SIGXCPU", "SIGPROF"))
    try:
        return -process.wait(timeout=_LOOK_S) in signals
    except subprocess.TimeoutExpired:
        return False


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:  # what was not sent yet is not needed any more
        pass


def _error(said: words.Said | None, name: str, *, too_long: bool) -> ClinicError:
    match said:
        case words.Refused():
            place = _line(said.place) or name
            texts = {"kept": _line(said.kept), "hint": _line(said.hint), "place": place}
            if said.code == "invalid":
                return ValidationError(_line(said.field), _line(said.message), **texts)
            return BadFileError(_line(said.message), **texts)
        case words.Failed():
            return _failed(said.why, name)
    return _failed("time" if too_long else "fault", name)


def _line(text: str) -> str:
    """A sentence of the other process, which may have been taken over by what it read."""
    return "".join(char for char in text if char.isprintable())[:_LONGEST_SENTENCE]


def _failed(why: str, name: str) -> BadFileError:
    said = {
        "time": _("Reading this file takes much longer than a sound file does; it was stopped."),
        "memory": _("Reading this file takes more memory than a sound file does; it was stopped."),
    }
    return BadFileError(
        said.get(why) or _("This file cannot be read: it is damaged, or not what it claims to be."),
        kept=_("Nothing was changed."),
        hint=_("Ask for the file again where it came from."),
        place=name,
    )


def _no_process() -> SetupError:
    return SetupError(
        _("The part of the program that reads files from outside does not start."),
        kept=_("Nothing was changed."),
        hint=_("Start the program again; if that does not help, install it anew."),
    )


shared = Confined()
"""For single files, which a person waits for."""
bulk = Confined()
"""For imports, which hold it as long as they read one file."""
atexit.register(shared.close)
atexit.register(bulk.close)
