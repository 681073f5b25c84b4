"""A log that was written anew and went nowhere yet: another PC may have left the same meanwhile.

Whoever comes second takes over the names that the first gave (``db.given_names``). It is second
until something under its own new name has left this PC, so before that the server is asked again.
A PC that joined, or goes on under the name that it ever had, has written nothing anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from clinic_desktop.db import given_names, rewriting
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.given_names import NOT_GIVEN, Again
from clinic_desktop.db.incarnation import Last
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync import known_pcs, lines, state
from clinic_desktop.sync.client import Link
from clinic_desktop.sync.lines import ALL, DroppedError
from clinic_desktop.sync.proving import PartedError
from clinic_desktop.sync.sides import of_copy, written_anew

MOST_MS: Final = 3600 * 1000
"""Milliseconds for which hubs hear nothing of it while the server does not answer."""
_NOTHING: Final = Last(0, 0)


def look(store: Store, link: Link) -> None:
    """Ask a last time before anything goes out under a new name.

    Raises:
        PartedError: another PC left the same at the server; the log that parts is this PC's own.
        ServerError: it is away.
    """
    if store.read(SYSTEM, is_unheard).result() and meanwhile(store, link):
        raise PartedError(store.read(SYSTEM, _own).result())


def meanwhile(store: Store, link: Link) -> Again:
    """What others wrote that this PC has written anew; nothing where this PC's is there already.

    Raises:
        ServerError: it is away.
    """
    sides = store.read(SYSTEM, of_copy, _NOTHING).result()
    again = written_anew(store, link, sides)
    if not store.read(SYSTEM, _is_any_given, again).result():
        return NOT_GIVEN
    try:
        reply = lines.ask(link, dict.fromkeys(store.read(SYSTEM, _others).result(), ALL))
    except DroppedError:
        return NOT_GIVEN
    return NOT_GIVEN if reply.tip else again


# ------------------------------------------------------------------ steps, each a transaction


def is_unheard(reads: ReadSession) -> bool:
    """Whether nothing has left this PC since its log was written anew, as far as it knows."""
    found = state.peer(reads.cursor)
    return found is not None and found.settings.is_unheard


def goes_to_server_first(reads: ReadSession) -> bool:
    """The same, where there is a server that tells what others wrote."""
    return is_unheard(reads) and not state.has_no_line(reads.cursor)


def awaits_server(reads: ReadSession, now: datetime) -> bool:
    """Whether hubs are not met before the server has answered.

    What one brought could be what is here already; and what one is given, nobody takes back.
    """
    found = state.peer(reads.cursor)
    if found is None or not goes_to_server_first(reads):
        return False
    return 0 <= to_millis(now) - found.settings.anew_since < MOST_MS


def hand_out(uow: UnitOfWork) -> None:
    """Something leaves this PC: from now on somebody may have it under its name."""
    if is_unheard(uow):
        state.change_settings(uow.cursor, is_unheard=False)


def _own(reads: ReadSession) -> bytes:
    return state.device_id(reads.cursor)


def _others(reads: ReadSession) -> frozenset[bytes]:
    return frozenset(known_pcs.known_devices(reads.cursor))


def _is_any_given(reads: ReadSession, again: Again) -> bool:
    """Whether any commit of this PC has a name there, and not only the clock of one."""
    cursor, upto = reads.cursor, {THIS_PC: 0}
    later = rewriting.written_since(cursor, THIS_PC, upto)
    return bool(given_names.find(cursor, later, upto, again, rewriting.names_of(cursor)))
