"""How a rule says no: a stable code that the user interface words in the reader's language."""

from __future__ import annotations


class RefusedError(ValueError):
    """A value a rule does not accept.

    ``code`` is stable (``"no-such-day"``); ``details`` are the numbers and names its sentence
    needs. Neither ``str`` nor ``repr`` shows the details: they may belong to a patient.
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
