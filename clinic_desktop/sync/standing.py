"""How the exchange stands, for people: what waits, since when, what it cost, what was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.sync import epochs, passes, state
from clinic_desktop.sync.kept_segments import SENT
from clinic_desktop.sync.passes import Open
from clinic_desktop.sync.pinned import NEAR

_SHOWN_RUNS = 8
_SHOWN_ANEW_MS = 30 * 24 * 3600 * 1000
_AT_A_HUB = f"{NEAR}:%"


_UNSENT = (
    "FROM sync_commit WHERE dev = ?1 AND reason <> ?3 AND dseq > (SELECT"
    " coalesce(max(to_dseq), 0) FROM sync_segment WHERE dev = ?1 AND state = ?2)"
)
SIGNED_IN = "membership.sign_in"
"""The reason of a commit that says that somebody signed in."""


@dataclass(frozen=True)
class Run:
    """One pass of those before."""

    number: int
    started: datetime
    up: int
    """Bytes."""
    down: int
    error: str
    """The code of what stood in its way; ``running`` while it is under way."""


@dataclass(frozen=True)
class Standing:
    """Read without asking the server."""

    server: str
    """Its address; empty where the practice exchanges by sticks, and at hubs, only."""
    authority: str
    last_ok: datetime | None
    last_error: str
    is_finished: bool
    """Whether server and PCs know of each PC that was taken out here."""
    open: Open
    oldest_unsent: datetime | None
    """When the oldest change was made here that the server does not hold."""
    month_bytes: int
    """What went over the line this month, both ways."""
    day_bytes: int
    """The same of the last 24 hours."""
    budget: int
    """Bytes a month after which nothing is exchanged by itself; 0 for no end."""
    paused_until: datetime | None
    runs: tuple[Run, ...]
    hub_port: int = 0
    """Where this PC is a hub while its program runs; 0 where it is none."""
    hubs: tuple[str, ...] = ()
    """Hubs in the house, beside the server."""
    server_lacks: int = 0
    """Of how many PCs the server lacks work that this PC holds, and cannot give it as it was."""
    is_doubted: bool = False
    """Whether a PC found a snapshot at the server to be wrong."""
    clock_off: timedelta = timedelta()
    """How far the server's clock is ahead of this PC's, where that is worth a word."""
    key_since: datetime | None = None
    """Since when another data key counts that this PC was not handed yet."""
    key_until: datetime | None = None
    """When it counts as lost, and an owner's PC begins another."""
    last_met: datetime | None = None
    """The last pass with a hub in the house."""
    written: int = 0
    """Of ``to_send`` those that people wrote: that somebody signed in goes out too, unsaid."""
    anew_since: datetime | None = None
    """When this PC went on under another name, where that is not long ago."""
    is_waiting: bool = False
    """Whether this PC came by itself after another was taken out, and waits to be confirmed."""
    waiting: tuple[str, ...] = ()
    """The names of other PCs that wait for that."""

    @property
    def anew(self) -> str:
        """What to know of that; empty where there is nothing."""
        if self.anew_since is None:
            return ""
        return _(
            "Since {when} this PC goes on under another name: its record was a copy, or an older "
            "state, of one that had gone on elsewhere. If nobody of you copied it or brought a "
            "backup back, somebody else may have the record: ask for help."
        ).format(when=isolate(current().datetime(self.anew_since)))

    @property
    def awaits(self) -> str:
        """What to know of PCs that wait to be confirmed; empty where there is nothing."""
        if self.is_waiting:
            return _(
                "This PC came by itself, out of a backup or a copy, after another PC was taken "
                "out. What the others wrote since comes once an owner confirms it at one of them "
                "(Settings › Other PCs, or “clinic-desktop device confirm”). If no other PC is "
                "left, use the recovery sheet here. What is written here is kept, and goes out."
            )
        if self.waiting:
            return _(
                "Came by itself after a PC was taken out, and waits for an owner: {names}. Look at "
                "the list of PCs."
            ).format(names=", ".join(isolate(each) for each in self.waiting))
        return ""

    def is_paused(self, now: datetime) -> bool:
        """Whether a person asked for quiet on the line to the server."""
        return self.has_paid_line and self.paused_until is not None and now < self.paused_until

    @property
    def is_used_up(self) -> bool:
        """Whether this month's budget is spent."""
        return self.has_paid_line and bool(self.budget) and self.month_bytes >= self.budget

    @property
    def has_paid_line(self) -> bool:
        """Whether there is a line that may cost something: a hub and a stick do not."""
        return bool(self.server) and not self.server.startswith("lan:")

    @property
    def to_send(self) -> int:
        """Own changes that no server holds."""
        return self.open.to_send


def standing(reads: ReadSession) -> Standing | None:
    """How it stands; None before a server was set up."""
    cursor, now = reads.cursor, to_millis(reads.now)
    found = state.peer(cursor)
    if found is None:
        return None
    kept, runs = found.settings, _runs(cursor)
    last_ok = found.last_ok or _last_pass(cursor, state.STICK)
    last_met, awaited = _last_pass(cursor, _AT_A_HUB), epochs.awaited_since(reads)
    is_waiting, waiting = _waiting(reads)
    return Standing(
        "" if found.url == state.NO_LINE else found.url,
        kept.authority,
        from_millis(last_ok) if last_ok else None,
        found.last_error,
        not (kept.next_epoch or kept.is_untold),
        passes.still_open(reads),
        _oldest_unsent(cursor),
        kept.used_bytes if kept.used_month == passes.month_of(now) else 0,
        _day_bytes(cursor, found.url, now),
        kept.budget,
        from_millis(kept.paused_until) if kept.paused_until else None,
        runs,
        kept.hub_port,
        kept.hubs,
        kept.server_lacks,
        kept.is_doubted,
        timedelta(milliseconds=kept.clock_off),
        from_millis(awaited) if awaited else None,
        from_millis(awaited + epochs.LONG_MS) if awaited else None,
        from_millis(last_met) if last_met else None,
        _written(cursor),
        from_millis(kept.anew_since) if now - kept.anew_since < _SHOWN_ANEW_MS else None,
        is_waiting,
        waiting,
    )


def _waiting(reads: ReadSession) -> tuple[bool, tuple[str, ...]]:
    """Whether this PC waits to be confirmed, and the names of the others that do."""
    pcs = confirmed.confirmed(reads).pcs
    members = chain.current(reads) if pcs else None
    if members is None:
        return False, ()
    own = chain.this_device(reads).id
    names = (members.devices[each].name or str(each)[:8] for each in pcs - {own})
    return own in pcs, tuple(sorted(names))


def _oldest_unsent(cursor: Any) -> datetime | None:
    row = cursor.execute(f"SELECT min(wall) {_UNSENT}", (THIS_PC, SENT, SIGNED_IN)).fetchone()
    return from_millis(row[0]) if row[0] else None


def _written(cursor: Any) -> int:
    found = cursor.execute(f"SELECT count(*) {_UNSENT}", (THIS_PC, SENT, SIGNED_IN)).fetchone()
    return int(found[0])


def _last_pass(cursor: Any, peers: str) -> int | None:
    """When one with such peers ended well."""
    row = cursor.execute(
        "SELECT max(ended) FROM sync_run WHERE peer LIKE ? AND error = ''", (peers,)
    ).fetchone()
    return row[0] if row else None


def _day_bytes(cursor: Any, url: str, now: int) -> int:
    row = cursor.execute(
        "SELECT coalesce(sum(sent + received), 0) FROM sync_run WHERE peer = ? AND started > ?",
        (url, now - 24 * 3600 * 1000),
    ).fetchone()
    return int(row[0])


def _runs(cursor: Any) -> tuple[Run, ...]:
    rows = cursor.execute(
        "SELECT id, started, sent, received, CASE WHEN ended IS NULL THEN 'running' ELSE error END"
        " FROM sync_run ORDER BY id DESC LIMIT ?",
        (_SHOWN_RUNS,),
    ).fetchall()
    return tuple(Run(row[0], from_millis(row[1]), *row[2:]) for row in rows)
