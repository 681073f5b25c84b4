"""How changes of a chart and looks at it read."""

from __future__ import annotations

from typing import Any

from clinic_desktop.i18n import _, ngettext
from clinic_desktop.services.audit.history import FieldChange
from clinic_desktop.services.audit.names import FIELDS, TABLES
from clinic_desktop.services.audit.seen import Oddity, Seen
from clinic_desktop.services.field_words import field_value

_LONGEST = 120


def field_of(change: FieldChange) -> str:
    """The field that was changed; of a person's own row its name alone."""
    field = _(FIELDS[change.field])
    return field if change.table == "patient" else f"{_(TABLES[change.table])} · {field}"


def value_of(change: FieldChange, value: Any) -> str:
    """A value as the file keeps it, in words; not longer than a line or two."""
    text = field_value(change.field, value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def who(name: str) -> str:
    """Who did it; what nobody did the program did."""
    return name or _("The program")


def kind_of(seen: Seen) -> str:
    """What somebody did with a chart."""
    words = {
        "chart.open": _("Opened the chart"),
        "paper.print": _("Printed a paper"),
        "insurer.bill": _("Looked at a bill, for an insurer"),
    }
    return words.get(seen.kind, _("Used the chart"))


def oddity_of(oddity: Oddity) -> str:
    """What is odd about it."""
    count = oddity.count
    counted = {
        "many": ngettext("{count} chart within an hour", "{count} charts within an hour", count),
        "night": ngettext("{count} look at night", "{count} looks at night", count),
        "refused": ngettext("{count} wrong password", "{count} wrong passwords", count),
    }
    named = {
        "family": _("A chart of the own family name"),
        "neighbour": _("A chart of the own address"),
        "clock.back": _("The clock of this PC was put back"),
        "key.recovered": _("The recovery sheet was used"),
        "record.restored": _("A backup was brought back"),
        "record.moved": _("This PC lacked what it kept beside the record: it may be a copy"),
        "access.device-anew": _("This PC goes on under a new name: its record was an older state"),
        "access.device-confirmed": _("A PC that had come by itself was confirmed"),
        "access.device-outlived": _("Work of a PC that was taken out came after its end"),
        "emergency-often": _("Opened charts in an emergency again and again"),
        "integrity.mirror-older": _("The record was older than the files beside it"),
        "integrity.mirror-missing": _("The files beside the record were gone"),
        "integrity.accepted": _("An older record was accepted"),
        "integrity.fault": _("A check of the record found a fault"),
        "integrity.log-fault": _("A check of the log found a fault"),
    }
    if oddity.kind in counted:
        return counted[oddity.kind].format(count=count)
    return named.get(oddity.kind, oddity.kind)
