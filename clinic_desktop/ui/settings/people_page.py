"""Who works here: add, change roles, give a new password, end."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desktop.domain.permissions import (
    ENGAGED_ROLES,
    INSURER,
    ROLES,
    STAFF_ROLES,
    USUAL_SETS,
    allowed,
)
from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, commas, isolate, pgettext
from clinic_desktop.services import insured, own_code, people
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.people import NewPerson, Person
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.core.right_words import role_hints, role_names, set_names
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.settings.schedule_lines import LinesPage
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_3, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.choices import Select, Tick, words_indent
from clinic_desktop.ui.widgets.flow_layout import FlowLayout
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class AccountsPage(LinesPage):
    """People with a way in."""

    def __init__(self, context: Context) -> None:
        words = (
            _("People"),
            _("Who can sign in, and what each may do. What somebody wrote stays when they leave."),
            _("Add a person"),
        )
        columns = (
            Column("name", _("Name"), lambda row: Cell(row.name), CellKind.STRONG, 20,
                   stretch=True),
            Column("login", _("Sign-in name"), lambda row: Cell(isolate(row.login)), letters=14,
                   drop=1),
            Column("roles", _("Roles"), _roles, letters=22),
            Column("active", pgettext("column", "State"), _state, CellKind.PILL, 12),
        )  # fmt: skip
        super().__init__(context, words, columns, people.everybody, "app_user")

    def open_line(self, row: Person | None) -> None:
        """A new person, or one who is here."""
        form = NewPersonForm(self._context) if row is None else PersonForm(self._context, row)
        title = self._add_words if row is None else row.name
        self._context.host.show_drawer(form, title)

    def form(self, row: Person | None) -> LineForm:
        """Not used: a person's drawer does more than keep a line."""
        raise LookupError(row)


def _roles(row: Person) -> Cell:
    names = role_names()
    return Cell(commas(names.get(role, role) for role in row.roles))


def _state(row: Person) -> Cell:
    if row.is_active:
        return Cell(_("works here"), tone=Tone.OK)
    return Cell(_("has left"), tone=Tone.NEUTRAL)


class RoleTicks(QWidget):
    """One tick for each role, with what it allows, below buttons for the usual sets."""

    changed = Signal()

    def __init__(self, chosen: tuple[str, ...] = (), *, may_be_outside: bool = False) -> None:
        super().__init__()
        offered = (*STAFF_ROLES, *ENGAGED_ROLES) if may_be_outside else STAFF_ROLES
        names = role_names()
        hints = role_hints()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.sets = {name: Button(words) for name, words in set_names().items()}
        usual = QWidget()
        flow = FlowLayout(usual)
        for name, button in self.sets.items():
            button.setObjectName(f"person.set.{name}")
            button.clicked.connect(partial(self.choose, USUAL_SETS[name]))
            flow.addWidget(button)
        column.addWidget(usual)
        column.addSpacing(SPACE_2)
        self.ticks: dict[str, Tick] = {}
        for role in sorted(offered, key=list(names).index):
            tick = Tick(names[role])
            tick.toggled.connect(self.changed)
            tick.setObjectName(f"person.role.{role}")
            tick.setChecked(role in chosen)
            tick.setAccessibleDescription(hints[role])
            self.ticks[role] = tick
            hint = Label(hints[role], "caption", "muted", wrap=True)
            below = QHBoxLayout()
            below.addSpacing(words_indent())
            below.addWidget(hint, 1)
            column.addWidget(tick)
            column.addLayout(below)
            column.addSpacing(SPACE_2)

    def choose(self, roles: Iterable[str]) -> None:
        """Tick these, and no others."""
        for role, tick in self.ticks.items():
            tick.setChecked(role in roles)

    def value(self) -> tuple[str, ...]:
        """The roles chosen, in the order of the program."""
        return tuple(role for role in ROLES if role in self.ticks and self.ticks[role].isChecked())


class _PersonDrawer(DrawerForm):
    """Fields, and a notice for what went wrong."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.notice = Notice(Tone.DANGER, "")
        self.notice.hide()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE_3)
        self.column.addWidget(self.notice)

    def primary_text(self) -> str:
        """The verb."""
        return _("Save")

    def failed(self, error: ClinicError) -> None:
        """What went wrong; everything typed stays."""
        self.notice.set_words(Tone.DANGER, error.message, error.hint)
        self.notice.show()
        self.notice.say()

    def finish(self, text: str) -> None:
        """It is done."""
        self.context.host.toast(text)
        self.close_requested.emit()


class NewPersonForm(_PersonDrawer):
    """Name, roles and the first password."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.name, self.login = QLineEdit(), QLineEdit()
        self.name.setObjectName("person.name")
        self.login.setObjectName("person.login")
        self.specialty, self.number = QLineEdit(), QLineEdit()
        form = Form()
        self.rows = {
            "name": form.add(_("Name"), self.name, required=True, hint=_("As patients read it")),
            "login": form.add(_("Sign-in name"), self.login, required=True),
        }
        self.roles = RoleTicks(may_be_outside=True)
        self.rows["roles"] = form.add(_("Roles"), self.roles, required=True)
        today = context.language.local(context.clock.now()).date()
        order = date_order(context.language.locale)
        self.until = SmartDateEdit(date_parser(today, order=order, whole_day=True))
        self.reason = QLineEdit()
        self.rows["until"] = form.add(_("Last day"), self.until, required=True)
        self.rows["reason"] = form.add(_("Reason"), self.reason, required=True)
        self.insurer = Select()
        self.draft = FieldDraft(context, "account", "", self)
        self.rows["insurer"] = form.add(_("Insurer"), self.insurer, required=True)
        context.tasks.read(self, insured.insurers, done=self._offer_insurers)
        self.roles.changed.connect(self._on_roles)
        self._on_roles()
        form.add(_("Specialty"), self.specialty)
        form.add(_("Registration number"), self.number)
        self.password = NewPassword(context.clinic.keys.least_password)
        self.column.addWidget(self.draft.notice)
        self.column.addWidget(form)
        self.column.addWidget(self.password)
        self.column.addStretch(1)
        self._keep_draft()
        for field in (self.name, self.login):
            field.textChanged.connect(self._on_text)

    def _keep_draft(self) -> None:
        """All but the password, which is kept nowhere."""
        fields = {
            "name": self.name,
            "login": self.login,
            "until": self.until,
            "reason": self.reason,
            "insurer": self.insurer,
            "specialty": self.specialty,
            "number": self.number,
        }
        for name, field in fields.items():
            self.draft.keep(name, field)
        roles = self.roles
        self.draft.keep_by("roles", lambda: list(roles.value()), roles.choose, roles.changed)
        self.draft.begin()

    def was_closed(self) -> None:
        """The person was added, or thrown away in so many words."""
        self.draft.let_go()

    def _on_roles(self) -> None:
        """Somebody from outside comes for a time, with a reason."""
        is_outside = bool(set(self.roles.value()) & set(ENGAGED_ROLES))
        for name in ("until", "reason"):
            self.rows[name].setVisible(is_outside)
        self.rows["insurer"].setVisible(INSURER in self.roles.value())

    def _offer_insurers(self, names: tuple[str, ...]) -> None:
        self.insurer.offer((name, isolate(name)) for name in names)
        self.draft.put_again("insurer")

    def _on_text(self) -> None:
        self.password.set_own_words(self.name.text(), self.login.text())
        for row in self.rows.values():
            row.set_error("")

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Add the person")

    def submit(self, print_too: bool) -> None:
        """Enter the person in the record and the key file."""
        if not self.password.show_error():
            return
        until = self.until.value()
        new = NewPerson(
            login=self.login.text(),
            name=self.name.text(),
            roles=self.roles.value(),
            specialty=self.specialty.text(),
            registration_number=self.number.text(),
            until=until.day if until is not None else None,
            reason=self.reason.text(),
            insurer=str(self.insurer.value() or ""),
        )
        words = _("{name} can sign in now.").format(name=isolate(new.name.strip()))
        self.context.tasks.call_once(
            self,
            self.context.clinic.add_person,
            new,
            self.password.value(),
            done=lambda _id: self._added(words),
            failed=self.failed,
        )

    def _added(self, words: str) -> None:
        self.draft.forget()
        self.finish(words)

    def failed(self, error: ClinicError) -> None:
        """Beside the field, where it is about one."""
        row = self.rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is None:
            super().failed(error)
        else:
            row.set_error(error.message)
            row.field.setFocus()

    def may_close(self) -> bool:
        """What is typed is not thrown away by a slip."""
        typed = (self.name, self.login, self.specialty, self.number, self.reason)
        return not any(field.text().strip() for field in (*typed, self.password.password))


class PersonForm(_PersonDrawer):
    """Roles, a new password, the end."""

    def __init__(self, context: Context, person: Person) -> None:
        super().__init__(context)
        self.person = person
        self.roles = RoleTicks(person.roles)
        self.password = NewPassword(context.clinic.keys.least_password)
        self.password.set_own_words(person.name, person.login)
        self.give = Button(_("Give this password"))
        self.give.setObjectName("person.give-password")
        self.give.clicked.connect(self._on_give)
        self.code_off = Button(_("Ask {name} for no code").format(name=person.name))
        self.code_off.setObjectName("person.code-off")
        self.code_off.clicked.connect(self._on_code_off)
        self.lost_phone = Label(_("Lost phone"), "strong")
        self.retire = Button(_("{name} leaves the practice").format(name=person.name), "danger")
        self.retire.setObjectName("person.retire")
        self.retire.clicked.connect(self._on_retire)
        login = _("Sign-in name: {login}").format(login=isolate(person.login))
        widgets = (
            Label(login, tone="muted"),
            Label(_("Roles"), "strong"),
            self.roles,
            Label(_("Forgotten password"), "strong"),
            self.password,
            self.give,
            self.lost_phone,
            self.code_off,
            self.retire,
        )
        for widget in widgets:
            self.column.addWidget(widget)
        self.column.addStretch(1)
        may = allowed(context.actor, "user.approve") and person.is_active
        self.roles.setHidden(bool(set(person.roles) & set(ENGAGED_ROLES)))
        for part in (self.roles, self.password, self.give, self.code_off, self.retire):
            part.setEnabled(may)
        self._show_code(frozenset())
        context.tasks.read(self, own_code.with_code, done=self._show_code)

    def _show_code(self, people: frozenset[UUID]) -> None:
        has_code = self.person.id in people
        self.lost_phone.setVisible(has_code)
        self.code_off.setVisible(has_code)

    def _on_code_off(self) -> None:
        name = isolate(self.person.name)
        words = _("{name} is asked for no code any more.").format(name=name)
        self.context.tasks.call(
            self,
            self.context.clinic.switch_code_off,
            self.person,
            done=lambda _nothing: self.finish(words),
            failed=self.failed,
        )

    def submit(self, print_too: bool) -> None:
        """Keep the roles."""
        self.context.tasks.call_once(
            self,
            self.context.clinic.change_roles,
            self.person.id,
            self.roles.value(),
            self.person.roles,
            done=lambda _nothing: self.finish(_("The roles hold from the next sign-in on.")),
            failed=self._roles_failed,
        )

    def _roles_failed(self, error: ClinicError) -> None:
        """Another owner was quicker: say what the roles are by now; the next save goes over it."""
        self.failed(error)
        if isinstance(error, StaleError):
            self.context.tasks.read(self, people.everybody, done=self._show_newer)

    def _show_newer(self, people: tuple[Person, ...]) -> None:
        self.person = next(each for each in people if each.id == self.person.id)
        words = _("Changed by somebody else meanwhile to: {value}")
        self.notice.set_words(Tone.WARN, words.format(value=_roles(self.person).text))
        self.notice.say()

    def _on_give(self) -> None:
        if self.password.show_error():
            words = _("{name} has a new password.").format(name=isolate(self.person.name))
            self.context.tasks.call_once(
                self,
                self.context.clinic.set_password,
                self.person,
                self.password.value(),
                done=lambda _nothing: self.finish(words),
                failed=self.failed,
            )

    def _on_retire(self) -> None:
        name = isolate(self.person.name)
        self.context.host.confirm(
            _("End the way in"),
            _(
                "{name} cannot sign in any more. What {name} wrote stays. The record gets a new"
                " key; backups made before open with the old one."
            ).format(name=name),
            _("End it"),
            self._retire,
        )

    def _retire(self) -> None:
        words = _("{name} cannot sign in any more.").format(name=isolate(self.person.name))
        self.context.tasks.call_once(
            self,
            self.context.clinic.retire_person,
            self.person.id,
            self.context.backups.beforehand(Reason.REKEY),
            done=lambda _nothing: self.finish(words),
            failed=self.failed,
        )
