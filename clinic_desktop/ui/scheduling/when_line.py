"""One line that says it all: "tue 10:30 fu njeri 30m toothache"."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time

from babel import Locale

from clinic_desktop.domain.dates import DateError, DateOrder, When, parse_when
from clinic_desktop.domain.folding import fold
from clinic_desktop.services.scheduling.resources import Bookable, PractitionerRow, RoomRow, TypeRow
from clinic_desktop.services.wording import sentence_of

_LENGTH = re.compile(r"(\d{1,3}) ?(?:m|min|мин|м|د|دقيقة)\.?")


@dataclass(frozen=True)
class WhenPlan:
    """What a typed line means; what it does not say is ``None``."""

    day: date | None = None
    at: time | None = None
    type_id: uuid.UUID | None = None
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    duration_min: int | None = None
    reason: str = ""
    """The words that are nothing else."""
    error: str = ""


def date_order(locale: Locale) -> DateOrder:
    """How a country writes dates in figures."""
    pattern = locale.date_formats["short"].pattern.lower()
    order = "".join(sorted("dmy", key=pattern.find))
    return {"mdy": "mdy", "ymd": "ymd"}.get(order, "dmy")  # type: ignore[return-value]


def read_when(text: str, offered: Bookable, *, today: date, order: DateOrder) -> WhenPlan:
    """Read a line: day and time, then types, doctors and rooms by their first letters."""
    try:
        when = _when(text.split(), today, order)
    except DateError as error:
        return WhenPlan(error=sentence_of(error))
    plan = WhenPlan(when.day, when.time)
    words = []
    for word in when.rest.split():
        known = _known(word, offered, plan)
        if known is None:
            words.append(word)
        else:
            plan = known
    return replace(plan, reason=" ".join(words))


def _when(words: list[str], today: date, order: DateOrder) -> When:
    """Day and time, which may also stand behind other words: "fu tue 10:30"."""
    for first in range(len(words)):
        turned = [*words[first:], *words[:first]]
        found = parse_when(" ".join(turned), today=today, order=order)
        if found.day is not None or found.time is not None:
            return found
    return When(None, None, " ".join(words))


def _known(word: str, offered: Bookable, plan: WhenPlan) -> WhenPlan | None:
    """The plan with what the word names, or nothing if it names nothing."""
    folded = fold(word)
    length = _LENGTH.fullmatch(folded)
    if length:
        return replace(plan, duration_min=int(length[1]))
    for kind in offered.types:
        if kind.shortcut and folded == fold(kind.shortcut) and plan.type_id is None:
            return replace(plan, type_id=kind.id)
    if len(folded) < 3:
        return None

    def named(lines: Sequence[PractitionerRow | RoomRow | TypeRow]) -> list[uuid.UUID]:
        return [
            each.id
            for each in lines
            if any(part.startswith(folded) for part in fold(each.name).split())
        ]

    found = [
        *(replace(plan, practitioner_id=each) for each in named(offered.practitioners)),
        *(replace(plan, location_id=each) for each in named(offered.rooms)),
        *(replace(plan, type_id=each) for each in named(offered.types)),
    ]
    return found[0] if len(found) == 1 else None
