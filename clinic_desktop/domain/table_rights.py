"""Who may write a table at all, looked at when another PC's commits come in.

Coarse on purpose: the PC that wrote asked the whole table of permissions, with every condition.
Here only is looked at what no role of the author could ever have allowed. Tables that are not named
(looks, prints, appointments, patients, settings …) are written on the way by almost every command.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from clinic_desktop.domain.permissions import rights_of

_ALWAYS: Final = frozenset({"import.run", "practice.write"})
"""Whoever may bring in a whole record may write each of its tables."""
_PRESCRIBING: Final = frozenset({"prescription.create", "prescription.sign", "prescription.void"})
_BILLING: Final = frozenset(
    {"invoice.create", "invoice.amend", "payment.create", "refund.create", "refund.approve"}
)
_PRICES: Final = frozenset({"price.create", "price.amend", "price.approve"})
WRITERS: Final[Mapping[str, frozenset[str]]] = {
    "prescription": _PRESCRIBING,
    "medication_request": _PRESCRIBING,
    "note": frozenset({"note.create", "note.amend", "note.sign", "visit.create"}),
    "condition": frozenset({"diagnosis.create", "diagnosis.amend", "diagnosis.sign"}),
    "allergy_intolerance": frozenset({"allergy.create", "allergy.amend", "allergy.sign"}),
    "observation": frozenset({"vitals.create", "vitals.amend", "result.create", "result.amend"}),
    "invoice": _BILLING,
    "invoice_line": _BILLING,
    "payment": _BILLING,
    "price": _PRICES,
    "price_list": _PRICES,
    "tax_rate": _PRICES,
    "log_redaction": frozenset({"subject.erase"}),
}


def forbidden(roles: Iterable[str], tables: Iterable[str]) -> list[str]:
    """Those of the tables that nobody with these roles may write."""
    guarded = WRITERS.keys() & tables
    if not guarded:
        return []
    rights = rights_of(roles, engaged=True)
    if rights & _ALWAYS:
        return []
    return sorted(table for table in guarded if not WRITERS[table] & rights)
