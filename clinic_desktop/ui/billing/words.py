"""Billing in words and amounts, the same on every part of the screen."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.billing.refunds import RequestRow
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec
from clinic_desktop.ui.widgets.segmented import Option


def money(amount_minor: int, currency: str) -> str:
    """An amount in one piece."""
    return isolate(current().money(amount_minor, currency))


def longest_status() -> int:
    """Letters of the longest word for where a document stands, for the width of a column."""
    return max(len(spec.text) for spec in (*_pills().values(), *_request_pills().values()))


def status_pill(status: str) -> PillSpec:
    """Where a document stands."""
    return _pills().get(status, PillSpec(status))


def _pills() -> dict[str, PillSpec]:
    return {
        "unpaid": PillSpec(pgettext("invoice", "Unpaid"), Tone.WARN, Glyph.EMPTY),
        "part-paid": PillSpec(pgettext("invoice", "Part paid"), Tone.INFO, Glyph.HALF),
        "paid": PillSpec(pgettext("invoice", "Paid"), Tone.OK, Glyph.FULL),
        "overpaid": PillSpec(pgettext("invoice", "Overpaid"), Tone.DANGER, Glyph.UP),
        "credit-note": PillSpec(pgettext("invoice", "Credit note"), Tone.NEUTRAL, Glyph.STRUCK),
    }


def request_pill(status: str) -> PillSpec:
    """Where a request stands."""
    return _request_pills().get(status, PillSpec(status))


def _request_pills() -> dict[str, PillSpec]:
    return {
        "requested": PillSpec(pgettext("request", "Waits"), Tone.WARN, Glyph.EMPTY),
        "completed": PillSpec(pgettext("request", "Approved"), Tone.OK, Glyph.FULL),
        "rejected": PillSpec(pgettext("request", "Declined"), Tone.DANGER, Glyph.STRUCK),
        "cancelled": PillSpec(pgettext("request", "Taken back"), Tone.NEUTRAL, Glyph.STRUCK),
    }


def request_title(row: RequestRow) -> str:
    """What was asked for, in a few words."""
    if row.code == "refund":
        return _("Refund of {amount}").format(amount=money(row.amount_minor, row.currency))
    return _("Take back the invoice")


def request_story(row: RequestRow) -> str:
    """Who asked, why, and what was decided."""
    asked = _("{name} asked on {when}: {reason}").format(
        name=isolate(row.asked_by),
        when=isolate(current().datetime(row.asked_at)),
        reason=isolate(row.reason),
    )
    if row.status != "rejected":
        return asked
    declined = _("{name} declined: {reason}").format(
        name=isolate(row.decided_by), reason=isolate(row.status_reason)
    )
    return f"{asked} · {declined}"


def methods() -> list[Option]:
    """The ways of paying that are offered, each with its key."""
    return [
        Option("cash", pgettext("payment", "Cash"), "c"),
        Option("card", pgettext("payment", "Card"), "k"),
        Option("mobile", pgettext("payment", "Mobile money"), "m"),
        Option("transfer", pgettext("payment", "Bank transfer"), "t"),
        Option("insurance", pgettext("payment", "Insurance"), "i"),
    ]


def method_name(method: str) -> str:
    """A way of paying; an unknown one as it is."""
    return next((each.label for each in methods() if each.value == method), method or _("Unknown"))
