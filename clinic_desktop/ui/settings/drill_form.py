"""Two groups of the recovery sheet, typed from the paper: it is still where it should be."""

from __future__ import annotations

import random

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current
from clinic_desktop.security import keys
from clinic_desktop.security.recovery_drill import Drill
from clinic_desktop.security.recovery_key import group_fits, parse
from clinic_desktop.services import recovery_drill
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.form import Form, FormRow
from clinic_desktop.ui.widgets.label import Label


class DrillForm(DrawerForm):
    """``passed`` once the groups are those of the valid sheet.

    A sheet printed before there were drills is typed as a whole, this once.
    """

    passed = Signal()

    def __init__(self, context: Context, drill: Drill | None) -> None:
        super().__init__()
        self.context, self.drill, self._is_busy = context, drill, False
        self.pair = random.SystemRandom().choice(drill.pairs) if drill is not None else None
        self.rows: list[FormRow] = []
        form = Form(columns=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(self._sentence(), tone="muted", wrap=True))
        column.addWidget(form)
        column.addStretch(1)
        for place, label in enumerate(self._labels()):
            edit = QLineEdit()
            edit.setObjectName(f"drill.group-{place + 1}")
            edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            row = form.add(label, edit, required=True, span=1 if self.pair else 2)
            edit.textEdited.connect(lambda _text, at=row: at.set_error(""))
            self.rows.append(row)

    def _sentence(self) -> str:
        if self.pair is not None:
            return _("Fetch the recovery sheet and type these two groups. If nobody finds it, make "
                     "a new one now: without it lost passwords mean a lost record.")  # fmt: skip
        return _("Fetch the recovery sheet and type it as a whole, this once. If nobody finds it, "
                 "make a new one now: without it lost passwords mean a lost record.")  # fmt: skip

    def _labels(self) -> tuple[str, ...]:
        if self.pair is None:
            return (_("Recovery key"),)
        words, number = _("Group {number} from your paper"), current().number
        places = (self.pair.first, self.pair.second)
        return tuple(words.format(number=number(place + 1)) for place in places)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Check the sheet")

    def submit(self, print_too: bool) -> None:
        """Compare, off the window's thread."""
        typed = [row.field.text() for row in self.rows if isinstance(row.field, QLineEdit)]
        missing = [row for row, text in zip(self.rows, typed, strict=True) if not text.strip()]
        for row in missing:
            row.set_error(_("Type this group from your paper."))
        if missing:
            missing[0].field.setFocus()
        elif not self._is_busy:
            self._is_busy = True
            self.context.tasks.call(
                self, self._check, *typed, done=self._checked, failed=self._refused
            )

    def _check(self, *typed: str) -> Drill | None:
        """The drill of the sheet, or None where it is not the valid one."""
        clinic = self.context.clinic
        if self.drill is not None and self.pair is not None:
            return self.drill if self.drill.passes(self.pair, *typed) else None
        sheet = parse(typed[0])
        keys.check_sheet(clinic.data_dir, sheet)
        return Drill.of(sheet, clinic.keys.cost)

    def _checked(self, drill: Drill | None) -> None:
        self._is_busy = False
        if drill is None:
            self._complain()
            return
        fresh = drill if self.drill is None else None
        self.context.tasks.write_once(
            self, recovery_drill.note_seen, fresh, done=self._noted, failed=self._refused
        )

    def _noted(self, _nothing: None) -> None:
        self.passed.emit()
        self.close_requested.emit()

    def _complain(self) -> None:
        """Say which group has a slip in it, or that the sheet is another one."""
        places = (self.pair.first, self.pair.second) if self.pair else ()
        for row, place in zip(self.rows, places, strict=False):
            text = row.field.text() if isinstance(row.field, QLineEdit) else ""
            if not group_fits(text, place):
                row.set_error(_("Not right. Compare the letters with the paper, one by one."))
                row.field.setFocus()
                return
        self.rows[0].set_error(
            _("These groups are not of the valid sheet. Look for the newest one.")
        )
        self.rows[0].field.setFocus()

    def _refused(self, error: ClinicError) -> None:
        self._is_busy = False
        self.rows[0].set_error(f"{error.message} {error.hint}".strip())
        self.rows[0].field.setFocus()
