"""Whether a record that came over a line or by a stick is the one that the inviting PC spoke of."""

from __future__ import annotations

import uuid

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import passes
from clinic_desktop.sync.enrolment import Welcome


class NotWholeError(ServerError):
    """The server withholds something, or made it up."""


def check(reads: ReadSession, welcome: Welcome, unknown: int) -> None:
    """Refuse a record that is not whole, or not the one that the inviting PC spoke of.

    Raises:
        NotWholeError: the server withholds something.
        ServerError: it needs a newer program.
    """
    refuse_newer(reads)
    if not is_whole(reads, welcome, unknown):
        found = passes.still_open(reads)
        raise NotWholeError(
            _("The server does not hand out the whole record of the practice."),
            kept=_("Nothing was changed."),
            hint=_("Synchronise the other PC, make a new invitation, and try again."),
            place=f"waiting {found.to_apply}, kept out {found.kept_out}",
        )


def refuse_newer(reads: ReadSession) -> None:
    """Say that it is not the way here that is at fault.

    Raises:
        ServerError: another PC wrote what this program does not understand.
    """
    found = passes.still_open(reads)
    if found.newer:
        raise ServerError(
            _("Another PC of the practice has a newer version of this program."),
            kept=_("Nothing was changed."),
            hint=_("Update the program of this PC, and let it join then."),
            place=f"newer {found.newer}",
        )


def is_whole(reads: ReadSession, welcome: Welcome, unknown: int) -> bool:
    """Whether the record is the one that the inviting PC spoke of, and nothing is lacking.

    ``unknown`` counts the segments that were left.
    """
    found, device = passes.still_open(reads), chain.this_device(reads)
    if not is_theirs(reads, welcome) or found.to_apply or unknown:
        return False
    members = chain.current(reads)
    known = members.devices.get(device.id) if members is not None else None
    return known is not None and known.signing == device.signing


def is_theirs(reads: ReadSession, welcome: Welcome) -> bool:
    """Whether the chain of members is the one that the inviting PC spoke of, with the person."""
    entries = chain.entries(reads)
    members = chain.current(reads) if entries else None
    public = Identity.from_bytes(welcome.identity).public
    return (
        members is not None
        and entries[0].digest == welcome.genesis
        and members.admits(uuid.UUID(bytes=welcome.user), public.sealing)
    )
