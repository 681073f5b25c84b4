"""The drawer that asks why an appointment goes where another one is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.i18n import _
from clinic_desktop.services import drafts
from clinic_desktop.ui.calendar.calendar_vm import Placing, time_of, where
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.scheduling.reason_field import ReasonField, overlap_reasons
from clinic_desktop.ui.scheduling.words import name_of
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label


class OverlapForm(DrawerForm):
    """Says what speaks against it; ``then(reason)`` once a reason is given.

    What is typed is kept as the draft of the drawer that moves, or books: there it is given back,
    with the place that was meant, for nobody drops the appointment there a second time.
    """

    def __init__(
        self, context: Context, wish: Placing, sentence: str, then: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._context, self._wish, self._then = context, wish, then
        self.reason = ReasonField(_("Reason"), overlap_reasons())
        form = Form()
        self.line = form.add(_("Reason"), self.reason, required=True)
        self.reason.entered.connect(lambda: self.submit(print_too=False))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(sentence, "title", wrap=True))
        column.addWidget(form)
        column.addStretch(1)
        self.draft = DraftKeeper(context.tasks, *draft_of(wish), self._body, self)
        self.reason.changed.connect(self.draft.touch)

    def primary_text(self) -> str:
        """The verb."""
        return _("Book all the same")

    def submit(self, print_too: bool) -> None:
        """Go on with the reason."""
        if not self.reason.text():
            self.line.set_error(_("Say why, in a word or two."))
            self.reason.setFocus()
            return
        self.draft.save()  # should it be refused once more, the words are not lost
        self.close_requested.emit()
        self._then(self.reason.text())

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        body = self._body()
        if self.draft.is_kept:
            self.draft.discard()
        if body is not None:
            again = partial(_bring_back, self._context, self._wish, body)
            self._context.host.toast(_("Nothing was saved."), again, _("Bring it back"))
        return True

    def _body(self) -> dict[str, Any] | None:
        if not self.reason.text():
            return None
        told = _copied(self._wish) if self._wish.copies else _moved(self._wish)
        return told | {"overlap_reason": self.reason.text()}


def draft_of(wish: Placing) -> tuple[str, str]:
    """Kind and subject of the draft in which the reason is kept."""
    if wish.copies:
        return "appointment", f"{wish.row.id} {wish.column.day} {time_of(wish.start_min)}"
    return "move", str(wish.row.id)


def _moved(wish: Placing) -> dict[str, Any]:
    """As the drawer that moves keeps its words."""
    doctor, room = where(wish)
    known = {
        "practitioner_id": (doctor, wish.row.practitioner_id),
        "location_id": (room, wish.row.location_id),
        "duration_min": (wish.minutes, wish.row.minutes),
    }
    chosen = {name: str(now or "") for name, (now, before) in known.items() if now != before}
    return {"text": f"{wish.column.day} {time_of(wish.start_min):%H:%M}", "chosen": chosen}


def _copied(wish: Placing) -> dict[str, Any]:
    """As the drawer that books keeps its words."""
    row, person = wish.row, wish.row.person
    doctor, room = where(wish)
    ids = {"type_id": row.type_id, "practitioner_id": doctor, "location_id": room}
    return {name: str(value or "") for name, value in ids.items()} | {
        "patient_id": str(person.patient_id) if person else "",
        "patient": name_of(row) if person else "",
        "day": str(wish.column.day),
        "at": str(time_of(wish.start_min)),
        "minutes": wish.minutes,
        "reason": row.reason,
    }


def _bring_back(context: Context, wish: Placing, body: dict[str, Any]) -> None:
    kind, subject = draft_of(wish)
    again: to.Destination = to.MoveAppointment(wish.row.id)
    if wish.copies:
        again = to.BookAppointment(unfinished=subject)
    tasks = context.tasks
    tasks.write(
        tasks, drafts.save_draft, kind, subject, body,
        done=lambda _at: context.navigator.open(again),
    )  # fmt: skip
