"""What was checked before prescribing, against what, and what was not."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.allergy import Level, Medicine, RecordedAllergy, check_allergies
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.access import query
from clinic_desktop.services.allergies import allergies_of
from clinic_desktop.services.chart_medicines import medicines_of
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.words import match_words


@dataclass(frozen=True)
class Alert:
    """What stands against a line: an allergy, or what is not decided about the medicine."""

    level: str
    """``stop`` and ``ask`` need a reason, ``note`` does not."""
    text: str


@dataclass(frozen=True)
class SafetyReport:
    """The answer for one line. An empty report is not a promise: see ``unchecked``."""

    alerts: tuple[Alert, ...]
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]

    @property
    def needs_reason(self) -> bool:
        """Whether the line may only be prescribed with a reason."""
        return any(alert.level in {Level.STOP, Level.ASK} for alert in self.alerts)


@query("prescription.create")
def check_line(reads: ReadSession, patient_id: uuid.UUID, form: LineForm) -> SafetyReport:
    """Compare a line with the recorded allergies, and say what that does not cover.

    Of what two PCs wrote differently every version counts until somebody decides.

    Raises:
        NotFoundError: there is no such patient.
    """
    state = allergies_of(reads, patient_id)
    recorded = [
        RecordedAllergy(row.display, row.system, row.code, row.kind)
        for row in state.rows
        if row.is_current
    ]
    medicine = Medicine(form.product, form.ingredient, form.system, form.code)
    found = check_allergies(medicine, recorded)
    alerts = tuple(
        Alert(str(match.level), match_words(match, form.product)) for match in found.matches
    )
    alerts += tuple(_undecided(reads, patient_id, form))
    checked, unchecked = [], []
    if state.status == "not-asked":
        unchecked.append(_("allergies: nobody has asked yet"))
    elif not found.medicine_known and recorded:
        unchecked.append(_("allergy groups: this medicine is not in our table"))
        checked.append(_("allergies by name"))
    else:
        checked.append(_("allergies"))
    if found.by_name_only and found.medicine_known:
        names = ", ".join(each.display for each in found.by_name_only)
        unchecked.append(_("groups of: {names}").format(names=names))
    unchecked += [_("interactions"), _("maximum dose"), _("kidney"), _("pregnancy")]
    return SafetyReport(alerts, tuple(checked), tuple(unchecked))


def _undecided(reads: ReadSession, patient_id: uuid.UUID, form: LineForm) -> Iterator[Alert]:
    """Lines of the same medicine that two PCs wrote differently: which one goes on?"""
    wanted = {each.casefold().strip() for each in (form.product, form.ingredient) if each.strip()}
    versions: dict[uuid.UUID, list[str]] = defaultdict(list)
    is_same = set()
    for row in medicines_of(reads, patient_id):
        if row.is_disputed:
            versions[row.id].append(f"{row.product} {row.instructions}".strip())
            if {row.product.casefold().strip(), row.ingredient.casefold().strip()} & wanted:
                is_same.add(row.id)
    for row_id in is_same:
        text = _("Two PCs wrote this medicine differently, and nobody has decided: {versions}")
        told = isolate(" / ".join(versions[row_id]))
        yield Alert(str(Level.ASK), text.format(versions=told))
