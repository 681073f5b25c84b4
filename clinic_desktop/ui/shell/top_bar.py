"""The bar above every screen: the palette's field, open charts, the signed-in person."""

from __future__ import annotations

import uuid
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout

from clinic_desktop.domain.permissions import VIEWS, allowed
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services import practice
from clinic_desktop.services.practice import PracticeDetails
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.right_words import role_names
from clinic_desktop.ui.shell.palette import Palette
from clinic_desktop.ui.shell.patient_tabs import PatientTabs
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2, SPACE_4, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.pill import Pill, PillSpec
from clinic_desktop.ui.widgets.search_field import SearchField

_FIELD_WIDTH = 420


class TopBar(QFrame):
    """Search, tabs, who is here."""

    lock_requested = Signal()
    closing_requested = Signal()
    switch_requested = Signal()
    view_requested = Signal(str)
    """The role whose window an owner wants to see; empty for his own again."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "topbar")
        self._context = context
        self.palette_list: Palette | None = None
        self.field = SearchField(_("Find a patient, or type a command…"), hint="Ctrl+K")
        self.field.edit.setObjectName("palette.open")
        self.field.setMaximumWidth(look().px(_FIELD_WIDTH))
        self.tabs = PatientTabs(context)
        self.tabs.chosen.connect(self._open_chart)
        self.tabs.closed.connect(lambda _id: context.navigator.open(to.Today()))
        name = context.actor.name or context.actor.login
        self._person = Button(name.replace("&", "&&"), "ghost", Icon.SWITCH_USER)
        self._person.setObjectName("session.menu")
        self._person.setAccessibleName(_("Signed in: {name}").format(name=name))
        menu = QMenu(self._person)
        menu.addAction(_("Switch person…"), self.switch_requested.emit)
        menu.addAction(_("Lock"), self.lock_requested.emit)
        menu.addAction(_("Lock and close the record"), self.closing_requested.emit)
        menu.addSeparator()
        menu.addAction(_("Settings"), lambda: context.navigator.open(to.Settings()))
        self._add_views(menu)
        self._person.setMenu(menu)
        first = QHBoxLayout()
        first.setSpacing(SPACE_2)
        first.addWidget(self.field, 3)
        first.addStretch(1)
        self.sample = Pill(PillSpec(_("Sample clinic"), Tone.WARN))
        self.sample.hide()
        context.tasks.read(self, practice.details, done=self._show_sample)
        first.addWidget(self.sample)
        if context.actor.engaged_until is not None:
            first.addWidget(self._time_left(context.actor.engaged_until))
        first.addWidget(self._person)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_4, SPACE_2, SPACE_4, SPACE_1)
        column.setSpacing(0)
        column.addLayout(first)
        column.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeading)

    def _time_left(self, until: datetime) -> Pill:
        """How long somebody from outside is let in."""
        when = isolate(current().datetime(until))
        return Pill(PillSpec(_("Only to look, until {when}").format(when=when), Tone.INFO))

    def _add_views(self, menu: QMenu) -> None:
        """How others see the window, for an owner."""
        actor = self._context.actor
        if actor.sees_as:
            menu.addAction(_("End the view"), lambda: self.view_requested.emit(""))
        elif allowed(actor, "user.approve"):
            self.views = menu.addMenu(_("See the window as…"))
            for role in VIEWS:
                run = partial(self.view_requested.emit, role)
                self.views.addAction(role_names()[role], run)

    def embed_palette(self) -> None:
        """Hang the palette below the field; once the bar stands in its window."""
        if self.palette_list is None:
            self.palette_list = Palette(self._context, self.field)

    def _show_sample(self, own: PracticeDetails) -> None:
        self.sample.setVisible(own.is_sample)

    def focus_palette(self) -> None:
        """Put the caret into the field."""
        self.field.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.edit.selectAll()

    def _open_chart(self, patient_id: uuid.UUID) -> None:
        self._context.navigator.open(to.Chart(patient_id))
