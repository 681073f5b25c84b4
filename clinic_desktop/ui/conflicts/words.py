"""How questions between PCs read."""

from __future__ import annotations

from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services.conflicts.fields import TABLE_NAMES
from clinic_desktop.services.conflicts.listing import ConflictItem, ConflictRow, VersionRow
from clinic_desktop.services.conflicts.words import severity_word
from clinic_desktop.services.field_words import field_value
from clinic_desktop.ui.core.history_words import who as who_words
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec


def what(row: ConflictRow) -> str:
    """What is asked about: "Medicine · Digoxin"."""
    table = _(TABLE_NAMES.get(row.table, row.table))
    subject = row.subject
    if isinstance(subject, int):
        subject = field_value("start_at", subject)
    return f"{table} · {isolate(str(subject))}" if subject else table


def of_whom(row: ConflictRow) -> str:
    """The patient; of what is nobody's, the practice."""
    return row.patient.listed() if row.patient else _("The practice")


def severity_pill(row: ConflictRow) -> PillSpec:
    """How urgent it is."""
    word = severity_word(row.severity)
    return {
        "safety": PillSpec(word, Tone.DANGER, Glyph.DOUBLE_UP),
        "clinical": PillSpec(word, Tone.WARN, Glyph.UP),
    }.get(row.severity, PillSpec(word, Tone.NEUTRAL))


def longest_severity() -> int:
    """Letters of the longest word for it, for the width of a column."""
    words = ("Safety", "Clinical", "Office")
    return max(len(pgettext("question", word)) for word in words)


def question(item: ConflictItem) -> str:
    """What a person is asked, in a sentence or two."""
    return {
        "value": _("Two PCs wrote this without knowing of each other. Which one is right?"),
        "delete_edit": _("One PC took this out while another wrote into it. Is it to stay?"),
        "too_late": _(
            "This line was added while another PC issued the invoice. It is not part of what was "
            "issued: leave it out here, and bill it on an invoice of its own."
        ),
        "membership": _(
            "Two owners changed who belongs to the practice at the same time, and this step came "
            "to nothing. Look at the people in the settings; do it again there if it is needed."
        ),
        "old-keys": _(
            "An owner took this step with keys that the recovery sheet had replaced at another PC "
            "meanwhile. It counts. If you do not know who took it, take that person or PC out in "
            "the settings, and the PC where it was done."
        ),
        "author": _(
            "This person went on writing at a PC that had not heard yet that the right had been "
            "taken. What was written stays. Look at it in the log."
        ),
        "overlap": _(
            "Two PCs booked the same time without knowing of each other. The one named here came "
            "later: move it, or let both stay."
        ),
        "duplicate_identity": _(
            "Two PCs entered somebody with the same name and birth date, or the same number. Is it "
            "one person? Then join the charts."
        ),
        "paid_twice": _(
            "Two PCs took a payment for the same invoice without knowing of each other, and it is "
            "paid more than it comes to. Give one back, or say that both are right."
        ),
        "printed": _(
            "This medicine was changed at one PC while the prescription was printed at another: "
            "the paper the patient has says something else. Call the patient, and print it anew."
        ),
        "erasure": _(
            "Another PC erased what it had of this patient. Here it is all still kept, until the "
            "record is erased at this PC too."
        ),
    }.get(item.row.kind, "")  # fmt: skip


def author(version: VersionRow) -> str:
    """Who wrote it, and at which PC."""
    pc = _("this PC") if version.is_here else version.pc or _("another PC")
    return _("{who} at {pc}").format(who=isolate(who_words(version.who)), pc=isolate(pc))


def written(version: VersionRow) -> str:
    """When, and what to think of that clock."""
    when = isolate(current().datetime(version.at))
    return _("{when}, by a clock that is ahead").format(when=when) if version.is_ahead else when


def keeping(item: ConflictItem, version: VersionRow) -> str:
    """The verb of the button that chooses a version."""
    if item.row.kind == "delete_edit":
        return _("Take it out") if version.deletes else _("Let it stay")
    return _("Leave it out") if item.row.kind == "too_late" else _("Keep this")


def closing(item: ConflictItem) -> str:
    """The verb of the button that says that nothing more is to be done."""
    return {
        "overlap": _("Both stay"),
        "duplicate_identity": _("They are two people"),
        "paid_twice": _("Both are right"),
        "printed": _("The patient knows"),
    }.get(item.row.kind, _("Close this question"))


def going(item: ConflictItem) -> str:
    """The verb of the button that leads to where one of two rows is put right."""
    return {
        "overlap": _("Show in the calendar"),
        "duplicate_identity": _("Join the charts…"),
        "paid_twice": _("Open the account"),
    }.get(item.row.kind, _("Open the medicines"))
