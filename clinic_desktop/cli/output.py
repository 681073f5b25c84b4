"""How commands speak: sentences for people, one JSON object for scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TextIO

from clinic_desktop.errors import ClinicError, CopiedRecordError, ServerError

STOPPED = 130
"""Exit code after Ctrl+C."""
_KEPT = "\n\t\u00a0\u202f\u200e\u200f\u2066\u2067\u2068\u2069"
"""Line ends, the spaces inside of dates and numbers, and the signs that keep the order of words
in lines of two directions."""


@dataclass(frozen=True)
class Output:
    """Where a command writes."""

    as_json: bool
    out: TextIO
    err: TextIO

    def result(self, data: dict[str, Any], *sentences: str) -> None:
        """The outcome: the object with ``--json``, the sentences without."""
        if self.as_json:
            self._object(data)
        else:
            for sentence in sentences:
                self.out.write(f"{_harmless(sentence)}\n")
        self.out.flush()

    def progress(self, sentence: str) -> None:
        """Word of work under way; never mixed into the result."""
        if not self.as_json:
            self.err.write(f"{sentence}\n")
            self.err.flush()

    def note(self, data: dict[str, Any], sentence: str) -> None:
        """What a person or a script has to know while the work goes on; beside the result."""
        if self.as_json:
            json.dump(data, self.err, default=str)
            self.err.write("\n")
        else:
            self.err.write(f"{sentence}\n")
        self.err.flush()

    def error(self, error: ClinicError) -> None:
        """What happened, what was kept, what to do next."""
        if self.as_json:
            self._object({"error": error.as_dict()})
            self.out.flush()
            return
        place, cause = (f"{error.place}: " if error.place else ""), ""
        if isinstance(error, ServerError | CopiedRecordError):  # no place that a person could go to
            place, cause = "", f"({error.place})" if error.place else ""
        for part in (place + error.message, error.kept, error.hint, cause):
            if part:
                self.err.write(f"{_harmless(part)}\n")

    def _object(self, data: dict[str, Any]) -> None:
        # A terminal or pipe of another encoding still gets JSON that means the same.
        plain = (self.out.encoding or "utf-8").lower().replace("-", "") != "utf8"
        json.dump(data, self.out, ensure_ascii=plain, default=str)
        self.out.write("\n")


def _harmless(text: str) -> str:
    """Without what would steer the terminal: some of it comes from files and from the network."""
    return "".join(sign if sign.isprintable() or sign in _KEPT else "\ufffd" for sign in text)
