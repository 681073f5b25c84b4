"""Who may do what: gone through by an owner each half year."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import _, commas, current, isolate, pgettext
from clinic_desktop.services.audit import entitlements
from clinic_desktop.services.audit.entitlements import Entitled, Review, RightHeld, RoleHeld
from clinic_desktop.services.papers import rights_review
from clinic_desktop.services.papers.printers import PrinterChoice
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.core.right_words import role_names, thing, verb
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.facts import Fact, FactList
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

_TABLE_HEIGHT = 260


class RightsPage(SettingsPage):
    """A line per person; Enter shows each right and its last use."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Who may do what"),
            _("Since when, by whom given, and what nobody has used for 90 days. Take away what is"
              " not needed under People."),
            Scope.CLINIC,
        )  # fmt: skip
        self._people: dict[str, Entitled] = {}
        columns = (
            Column("name", _("Name"), lambda row: Cell(row.name, isolate(row.login)),
                   CellKind.STRONG, 18),
            Column("roles", _("Roles"), _roles, letters=26, stretch=True),
            Column("unused", _("Not used"), _unused, CellKind.PILL, 12),
            Column("seen", _("Signed in"), _seen, letters=14, drop=1),
        )  # fmt: skip
        self.table = DataTable(columns, _("Who may do what"), tall=True)
        self.table.setObjectName("rights.people")
        self.table.setMinimumHeight(_TABLE_HEIGHT)
        self.table.opened.connect(self._open)
        self.table.retry_wanted.connect(self.load)
        self.add_card(_("People"), self.table)
        self.when = Label("", "body", wrap=True)
        self.done = Button(_("I have gone through the list"), icon=Icon.OK)
        self.done.setObjectName("rights.reviewed")
        self.done.clicked.connect(self._on_done)
        self.save = Button(_("Save as a table…"), icon=Icon.DOWNLOAD)
        self.save.setObjectName("rights.save")
        self.save.clicked.connect(self._on_save)
        self.paper = Button(_("Print"), icon=Icon.PRINT)
        self.paper.setObjectName("rights.print")
        self.paper.clicked.connect(self._on_print)
        buttons = QWidget()
        row = FlowLayout(buttons)
        for button in (self.done, self.paper, self.save):
            row.addWidget(button)
        self.add_card(_("Review"), self.when, buttons)
        for button in (self.done, self.paper):
            button.setVisible(allowed(context.actor, "user.approve"))
        self.end()

    def load(self) -> None:
        """Read anew."""
        self.table.set_loading(True)
        self.context.tasks.read(
            self, entitlements.review, done=self._show,
            failed=lambda error: self.table.set_error(error.message),
        )  # fmt: skip

    def _show(self, found: Review) -> None:
        self.table.set_loading(False)
        self._people = {each.login: each for each in found.people}
        self.table.model_.set_rows(self._people)
        if found.reviewed_at is None:
            words = _("Nobody has gone through the list yet.")
        else:
            words = _("{name} went through the list on {day}.").format(
                name=isolate(found.reviewed_by), day=isolate(_day_of(found.reviewed_at))
            )
        due = _("It is time to do so: once in half a year.")
        self.when.setText(f"{words} {due}" if found.is_due else words)
        self.when.set_tone("warn" if found.is_due else "")

    def _open(self, key: object) -> None:
        person = self._people.get(str(key))
        if person is not None:
            self.context.host.show_drawer(RightsForm(person), person.name)

    def _on_done(self) -> None:
        def noted(_nothing: None) -> None:
            self.said(_("Noted, with your name and today's date."))
            self.load()

        self.context.tasks.write(self, entitlements.note_reviewed, done=noted, failed=self.refuse)

    def _on_print(self) -> None:
        tasks = self.context.tasks

        def made(paper: tuple[bytes, PrinterChoice]) -> None:
            tasks.call(self, spool.print_unkept, *paper, done=printed, failed=self.refuse)

        def printed(where: str) -> None:
            self.said(_("The list was sent to {printer}.").format(printer=isolate(where)))

        tasks.read(self, rights_review.rights_review, done=made, failed=self.refuse)

    def _on_save(self) -> None:
        name, _kind = QFileDialog.getSaveFileName(
            self, _("Save as a table"), "rights.csv", _("Tables (*.csv)")
        )
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the list into a file that a spreadsheet reads."""

        def made(text: str) -> None:
            self.context.tasks.call(self, _write, path, text, done=written, failed=self.refuse)

        def written(_nothing: None) -> None:
            self.said(_("Saved as {file}.").format(file=isolate(path.name)))

        self.context.tasks.read(self, entitlements.review_as_csv, done=made, failed=self.refuse)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8-sig", newline="")
    except OSError as error:
        raise StorageError(
            _("The file cannot be written: {reason}").format(reason=error.strerror),
            hint=_("Choose another name or another folder."),
        ) from error


class RightsForm(DrawerForm):
    """What one person may do; only shown."""

    def __init__(self, person: Entitled) -> None:
        super().__init__()
        self.roles, self.rights = FactList(), FactList()
        self.roles.show_facts([_role_fact(each) for each in person.roles])
        groups = groupby(person.rights, key=lambda each: thing(each.permission))
        self.rights.show_facts([_right_fact(name, list(rights)) for name, rights in groups])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(Label(_("Roles"), "strong"))
        column.addWidget(self.roles)
        column.addWidget(Label(_("Rights"), "strong"))
        column.addWidget(self.rights)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The way back."""
        return _("Close")

    def submit(self, print_too: bool) -> None:
        """Nothing to send."""
        self.close_requested.emit()


def _day_of(at: datetime) -> str:
    """A day in one piece: it does not break at the end of a line."""
    return current().date(current().local(at).date()).replace(" ", "\u00a0")


def _unused_pill() -> PillSpec:
    return PillSpec(_("Not used"), Tone.WARN, Glyph.EMPTY)


def _role_fact(role: RoleHeld) -> Fact:
    if role.since is None:
        words = ""
    elif role.given_by:
        words = _("since {day}, given by {name}").format(
            day=isolate(_day_of(role.since)), name=isolate(role.given_by)
        )
    else:
        words = _("since {day}, from the beginning").format(day=isolate(_day_of(role.since)))
    name = role_names().get(role.role, role.role)
    return Fact(role.role, name, words, _unused_pill() if role.is_unused else None)


def _right_fact(name: str, rights: list[RightHeld]) -> Fact:
    """All that may be done with one thing, and when it was last done."""
    parts = [commas(dict.fromkeys(verb(each.permission) for each in rights))]
    used = [each.last_used for each in rights if each.last_used]
    if used:
        parts.append(_("last on {day}").format(day=isolate(_day_of(max(used)))))
    unused = [verb(each.permission) for each in rights if each.is_unused]
    if unused:
        parts.append(_("not used: {what}").format(what=commas(unused)))
    return Fact(name, name, " · ".join(parts), _unused_pill() if unused else None)


def _roles(row: Entitled) -> Cell:
    names = role_names()
    return Cell(commas(names.get(each.role, each.role) for each in row.roles))


def _unused(row: Entitled) -> Cell:
    idle = [role_names().get(each.role, each.role) for each in row.roles if each.is_unused]
    if not idle:
        return Cell("")
    words = idle[0] if len(idle) == 1 else current().number(len(idle))
    return Cell(words, tone=Tone.WARN, glyph=Glyph.EMPTY)


def _seen(row: Entitled) -> Cell:
    return Cell(_day_of(row.last_sign_in) if row.last_sign_in else pgettext("sign-in", "never"))
