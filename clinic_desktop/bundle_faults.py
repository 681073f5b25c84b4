"""What is wrong with a bundle or the place it lies at, in sentences."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic_desktop.errors import BadFileError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.sync.bundle import BundleError, Head, TornError
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.known_pcs import KnownDevice
from clinic_desktop.sync.refusals import newer_program
from clinic_desktop.sync.segment import NewerFormatError


def must_be_ours(head: Head, me: Courier, devices: dict[bytes, KnownDevice]) -> None:
    """Look at who wrote a bundle; ``devices`` are the PCs that are known here.

    Raises:
        BadFileError: it is of another practice, or of a PC that was taken out.
        BundleError: somebody else signed it.
    """
    if head.clinic != me.clinic.bytes:
        raise BadFileError(
            _("This file is of another practice."), kept=_("Nothing of it was taken.")
        )
    maker = devices.get(head.device)
    if maker is not None and maker.has_ended:
        raise BadFileError(
            _("This file comes from a PC that was taken out of the practice."),
            kept=_("Nothing of it was taken."),
            hint=_("Take one that another PC writes."),
        )
    if maker is not None and maker.signing != head.signing:
        raise BundleError("another key than that of its PC")


@contextmanager
def in_sentences(path: Path) -> Iterator[None]:
    """Say for people what went wrong with a file."""
    try:
        yield
    except TornError as error:
        raise BadFileError(
            _("This file is not whole."),
            kept=_("Nothing of it was taken."),
            hint=_("Write it again at the other PC, and wait until the stick may be removed."),
            place=str(path),
        ) from error
    except NewerFormatError as error:
        raise newer_program(_("Nothing of it was taken.")) from error
    except BundleError as error:
        raise BadFileError(
            _("This is not a file that a PC of the practice wrote, or somebody changed it."),
            kept=_("Nothing of it was taken."),
            hint=_("Write it again at the other PC."),
            place=str(path),
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EFBIG}:
            raise no_room(path) from error
        raise StorageError(
            _("The file cannot be read or written: {reason}").format(
                reason=error.strerror or type(error).__name__
            ),
            kept=_("Nothing was lost; what was taken from it is whole."),
            hint=_("Check the stick and try again."),
            place=str(path),
        ) from error


def no_room(path: Path) -> StorageError:
    """The word of a place that is full."""
    return StorageError(
        _("There is no room for the file."),
        kept=_("No file was left behind."),
        hint=_("Make room there, or use another stick."),
        place=str(path),
    )
