"""The sentences for what a server refuses, and for what no server of ours says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clinic_desktop.errors import AddressError, NewerProgramError, ServerError
from clinic_desktop.i18n import _
from clinic_desktop.sync.client import RefusedError, goes_out


@contextmanager
def nothing_waits_here(kept: str) -> Iterator[None]:
    """Around what a PC does before it belongs to a practice: ``kept`` says what becomes of it.

    Raises:
        ServerError: with that sentence in place of the one for a PC whose changes go out later.
    """
    try:
        yield
    except ServerError as error:
        if error.kept == goes_out():
            error.kept = kept
        raise


def refused(error: RefusedError) -> ServerError:
    """The sentence for a server's no."""
    words = {
        "unknown": _("The server does not know this PC or this practice."),
        "quota": _("The practice has used up its room on the server."),
        "full": _("The server is full."),
        "dropped": _("The server no longer holds changes that this PC lacks."),
        "slow-down": _("The server asks to wait: there were too many requests."),
        "fault": _("The server has a fault."),
    }
    hints = {
        "unknown": _("If the server was made anew, an owner sets it up once more: all that is on "
                     "this PC goes there."),
        "quota": _("What others write still comes in. Ask whoever runs the server for more room."),
        "slow-down": _("It goes on after a few minutes."),
    }  # fmt: skip
    kind = AddressError if error.refusal.code == "unknown" else ServerError
    return kind(
        words.get(error.refusal.code, _("The server refused what this PC sent.")),
        kept=goes_out(),
        hint=hints.get(error.refusal.code, _("Ask whoever runs the server.")),
        place=f"{error.status} {error.refusal.code}",
    )


def strange(reason: str) -> ServerError:
    """The sentence for what no server of ours says."""
    return ServerError(
        _("The server said something that cannot be."),
        kept=_("Nothing of it was taken over; nothing was lost here."),
        hint=_("Try again; if it stays so, ask whoever runs the server."),
        place=reason,
    )


def newer_program(kept: str) -> NewerProgramError:
    """The sentence for what only a newer program reads; ``kept`` says what became of it."""
    return NewerProgramError(
        _("Another PC has a newer version of this program, and this PC cannot read what it sends."),
        kept=kept,
        hint=_("Update the program of this PC; then it comes in."),
    )
