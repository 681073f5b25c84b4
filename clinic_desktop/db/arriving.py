"""A record on its way here: how much of the snapshot that it begins with is in it already.

Kept in the record itself until all has come, was compared, and counts. Until then people may look:
the newest entries cannot be applied before the log is here, so nobody is to decide by what is.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import ReadOnlyError
from clinic_desktop.i18n import _, current

_KEY = "arriving"


class Arriving(Struct, frozen=True):
    """How far it has come."""

    welcome: bytes = b""
    """What the inviting PC said: the record that comes must be the one of which it spoke."""
    loaded: int = 0
    """The last part of the snapshot that is in the record; 0 for none."""
    made: int = 0
    """When the snapshot was made, in milliseconds since 1970 UTC."""
    left_out: tuple[bytes, ...] = ()
    """Ids of snapshots that turned out wrong."""
    is_wrong: bool = False
    """Whether what is in the record is of one of those."""


def arriving(cursor: Any) -> Arriving | None:
    """How far this record has come; ``None`` once it is whole."""
    row = cursor.execute("SELECT value FROM local_setting WHERE key = ?", (_KEY,)).fetchone()
    return msgspec.json.decode(row[0], type=Arriving) if row else None


def keep(cursor: Any, state: Arriving) -> None:
    """Remember it."""
    cursor.execute(
        "INSERT INTO local_setting (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_KEY, msgspec.json.encode(state).decode()),
    )


def change(cursor: Any, **changed: Any) -> None:
    """Remember what is otherwise now."""
    keep(cursor, msgspec.structs.replace(arriving(cursor) or Arriving(), **changed))


def end(cursor: Any) -> None:
    """The record is whole."""
    cursor.execute("DELETE FROM local_setting WHERE key = ?", (_KEY,))


def refuse_arriving(cursor: Any) -> None:
    """Keep what needs the whole record from being done with a part of it.

    Raises:
        ReadOnlyError: it is still coming.
    """
    found = arriving(cursor)
    if found is not None:
        raise why_only_to_look(found)


def why_only_to_look(state: Arriving, percent: int | None = None) -> ReadOnlyError:
    """The sentence above every screen; ``percent`` of the snapshot is here, if that is known."""
    if state.is_wrong:
        return ReadOnlyError(
            _("What came of the record is not right: do not go by what is shown."),
            kept=_("Nothing is lost: this PC fetches the record from another copy."),
            hint=_("It goes on by itself, also after a restart."),
        )
    speaks = current()
    day = speaks.date(speaks.local(from_millis(state.made)).date())
    far = ""
    if percent is not None:
        far = _("{percent} % is here.").format(percent=speaks.number(percent)) + " "
    return ReadOnlyError(
        _("The record is still coming: it can be looked at, not changed."),
        kept=_("What is here is as it was on {day}: later entries are missing, allergies too, "
               "and so are the charts of patients who were not here for a year.").format(day=day),
        hint=far + _("It goes on by itself, also after a restart; then everything can be written."),
    )  # fmt: skip
