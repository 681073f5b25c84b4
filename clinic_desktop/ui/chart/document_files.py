"""Reads a file from this PC and checks it; what is too large is not even read."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.services.documents_checks import LARGEST_BYTES, CheckedFile, check_file


def read_and_check(path: Path) -> CheckedFile:
    """The checked content of a file; slow, so off the window's thread.

    Raises:
        BadFileError: it cannot be read, or is nothing that belongs into a chart.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadFileError(
            _("This file cannot be read."),
            kept=_("Nothing was added to the chart."),
            hint=error.strerror or "",
            place=path.name,
        ) from error
    return check_file(data, path.name)
