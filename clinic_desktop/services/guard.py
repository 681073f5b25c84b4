"""Which charts an action is about, and whether the person at the desk may come near them.

Called by the door of every action on something clinical (``access``), so that no service has to
think of it: the ids it is given say whose chart it is about.
"""

from __future__ import annotations

import dataclasses
import inspect
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from clinic_desktop.db import confidentiality, restriction
from clinic_desktop.db.confidentiality import Standing
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import Facts, past_restriction
from clinic_desktop.errors import ConfidentialError, StoredOnlyError
from clinic_desktop.i18n import _

TABLE_OF: Final[Mapping[str, str]] = {
    "patient_id": "",
    "encounter_id": "encounter",
    "encounter_ids": "encounter",
    "appointment_id": "appointment",
    "allergy_id": "allergy_intolerance",
    "condition_id": "condition",
    "document_id": "document_reference",
    "request_id": "medication_request",
    "request_ids": "medication_request",
    "repeats_id": "medication_request",
}
"""What an argument, or a field of one, is the id of; a test holds every clinical action to it."""
WORDS: Final = frozenset({"note", "document", "letter"})
"""Rights to what is kept in confidence of a single visit. Diagnoses, medicines, allergies and
results are not: whoever treats next must know them."""
_OF_VISITS: Final = frozenset({"encounter", "document_reference"})


_signature = cache(inspect.signature)


def may_enter(reads: ReadSession, permission: str, patient_id: uuid.UUID) -> bool:
    """Whether confidence lets the person use a right on this chart."""
    standing = confidentiality.standing(reads, patient_id)
    if not standing.is_restricted or patient_id in reads.admitted:
        return True
    return past_restriction(reads.actor.roles, permission, _facts(standing))


def enter(reads: ReadSession, permission: str, patient_id: uuid.UUID) -> None:
    """Refuse a chart that is closed to the person.

    Raises:
        ConfidentialError: it is kept in confidence.
    """
    if not may_enter(reads, permission, patient_id):
        raise ConfidentialError(
            _("This chart is kept in confidence."),
            kept=_("Nothing was shown or changed."),
            hint=_("Its care team reads it. In an emergency, open it from the chart's cover."),
        )


def hear(reads: ReadSession, table: str, row_id: uuid.UUID) -> None:
    """Refuse a visit, or a document of one, whose words are kept from the person.

    Raises:
        ConfidentialError: they are kept in confidence.
    """
    visit = confidentiality.visit_of(reads, table, row_id)
    for patient_id, _treated in confidentiality.owners(reads, table, [row_id]):
        if visit in confidentiality.hidden_visits(reads, patient_id):
            raise ConfidentialError(
                _("The words of this visit are kept in confidence."),
                kept=_("Nothing was shown or changed."),
                hint=_("The care team reads them. In an emergency, open the chart as one."),
            )


def check(
    reads: ReadSession,
    permission: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    named: Mapping[str, Any],
) -> None:
    """Refuse an action on a chart that is closed to the person.

    Whoever treated at a visit goes on with that visit: nothing in it is new to its author.

    Raises:
        ConfidentialError: it is kept in confidence.
        StoredOnlyError: its processing is restricted.
    """
    if reads.actor.user_id is None:
        return
    is_kept, is_stored = confidentiality.any_kept(reads), restriction.any_stored_only(reads)
    if not (is_kept or is_stored):
        return
    given = _signature(function).bind(reads, *args, **named).arguments
    for patient_id in _charts(reads, given):
        if is_kept:
            enter(reads, permission, patient_id)
        if is_stored:
            use(reads, patient_id)
    if permission.partition(".")[0] in WORDS:
        _check_words(reads, given)


def use(reads: ReadSession, patient_id: uuid.UUID) -> None:
    """Refuse a chart that is only stored, unless the person said why it is used.

    Raises:
        StoredOnlyError: its processing is restricted.
    """
    if restriction.is_stored_only(reads, patient_id) and not restriction.is_excepted(
        reads, patient_id
    ):
        raise StoredOnlyError(
            _("This chart is only stored: the person had its use restricted."),
            kept=_("Nothing was shown or changed."),
            hint=_("Its page Privacy says why, and opens it for a reason of the law."),
        )


def _charts(reads: ReadSession, given: Mapping[str, Any]) -> set[uuid.UUID]:
    """Whose rows the ids are; whoever treated at a visit is let in as its author."""
    charts = set()
    for name, row_ids in _ids(given):
        if not TABLE_OF[name]:
            charts |= set(row_ids)
            continue
        for patient_id, treated in confidentiality.owners(reads, TABLE_OF[name], row_ids):
            charts.add(patient_id)
            if treated is not None and treated == reads.actor.practitioner_id:
                reads.admitted |= set(confidentiality.group(reads, patient_id))
    return charts


def _check_words(reads: ReadSession, given: Mapping[str, Any]) -> None:
    for name, row_ids in _ids(given):
        for row_id in row_ids if TABLE_OF[name] in _OF_VISITS else ():
            hear(reads, TABLE_OF[name], row_id)


def _ids(given: Mapping[str, Any]) -> Iterator[tuple[str, list[uuid.UUID]]]:
    """The ids among the arguments, and in the fields of those that are forms."""
    for name, value in given.items():
        fields = {name: value}
        if dataclasses.is_dataclass(value) and not isinstance(value, ReadSession):
            fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        for each, inner in fields.items():
            if each in TABLE_OF and inner is not None:
                yield each, [inner] if isinstance(inner, uuid.UUID) else list(inner)


def _facts(standing: Standing) -> Facts:
    """What the permission table asks about the chart."""
    return Facts(
        is_restricted=standing.is_restricted,
        in_care_team=standing.in_care_team,
        is_emergency=standing.emergency is not None,
    )
