"""The drawer in which words of two versions are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.conflicts.deciding import Resolve, Resolved, resolve
from clinic_desktop.services.conflicts.listing import ConflictItem, ConflictRow, VersionRow
from clinic_desktop.services.conflicts.words import field_name
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.note_edit import NoteEdit
from clinic_desktop.ui.widgets.notice import Notice


class ThirdForm(DrawerForm):
    """Begins with what both wrote, the newer below; ``then(resolved)`` when it is decided."""

    def __init__(
        self,
        context: Context,
        item: ConflictItem,
        then: Callable[[Resolved], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.context, self.item, self._then = context, item, then
        self.setObjectName("conflicts.third")
        self.form = Form()
        self.fields: dict[str, NoteEdit] = {}
        self._rows = {}
        for name in item.editable:
            if name in item.fields:
                field = NoteEdit(field_name(name))
                field.setObjectName(f"conflicts.third.{name}")
                field.set_text(_together(item, name))
                self.fields[name] = field
                self._rows[name] = self.form.add(field_name(name), field)
        self._begun = self._typed()
        self._is_sent = False
        self._notice = Notice(Tone.WARN, "")
        self._notice.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        told = _("Both versions stay in the list of changes; these words stand in the record.")
        column.addWidget(Label(told, wrap=True))
        self.draft = FieldDraft(context, "third", item.row.place, self)
        column.addWidget(self.draft.notice)
        column.addWidget(self._notice)
        column.addWidget(self.form)
        column.addStretch(1)
        if self.fields:
            self.setFocusProxy(next(iter(self.fields.values())))
            self._keep()
        context.tasks.committed.connect(self._on_committed)

    def _keep(self) -> None:
        for name, field in self.fields.items():
            self.draft.keep(name, field)
        changed = next(iter(self.fields.values())).textChanged
        self.draft.keep_by("versions", self._versions, self._typed_over, changed)
        # With the person's name on it, so that it goes where the person is erased.
        whose = str(self.item.row.patient_id or "")
        self.draft.keep_by("patient_id", lambda: whose, lambda _text: None, changed)
        self.draft.begin()

    def _versions(self) -> list[str]:
        return sorted(each.name for each in self.item.versions)

    def _typed_over(self, seen: list[str]) -> None:
        """Words are given back: these versions were known when they were typed."""
        self._warn_of([each for each in self.item.versions if each.name not in seen])

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Keep these words")

    def may_close(self) -> bool:
        """Nothing is lost while nothing was typed: both versions are in the record."""
        return self._typed() == self._begun

    def was_closed(self) -> None:
        """It was decided, or thrown away in so many words."""
        self.draft.let_go()

    def submit(self, print_too: bool) -> None:
        """Decide for the words in the fields; everything else is of the newest version."""
        self._is_sent = True
        newest = max(self.item.versions, key=lambda each: (each.at, each.name))
        wish = Resolve(self.item.row.id, (newest.name,), self._typed())
        self.context.tasks.write_once(self, resolve, wish, done=self._decided, failed=self._refused)

    # ------------------------------------------------------------ another PC was quicker

    def _on_committed(self, changes: Changes) -> None:
        if changes.tables - {"audit_event"} and not self._is_sent:
            self.context.tasks.read(self, listing.open_items, None, done=self._look)

    def _look(self, rows: tuple[ConflictRow, ...]) -> None:
        """Whether it is the same question still: a third version makes another one of it."""
        if self._is_sent or any(row.id == self.item.row.id for row in rows):
            return
        again = next((row for row in rows if row.place == self.item.row.place), None)
        if again is not None:
            self.context.tasks.read(self, listing.item, again.id, done=self._follow)
            return
        decided = _("Somebody decided it, perhaps at another PC.")
        self._tell(
            _("This question is not open any more."),
            f"{decided} {_('What you typed is still here.')}",
        )

    def _follow(self, now: ConflictItem) -> None:
        """What came in stands below what is typed; the next save goes over that too."""
        known = {each.name for each in self.item.versions}
        more = [each for each in now.versions if each.name not in known]
        self.item = now
        self.draft.follow("versions")
        self._warn_of(more)

    def _warn_of(self, more: list[VersionRow]) -> None:
        for name, row in self._rows.items():
            told = dict.fromkeys(str(each.values.get(name) or "").strip() for each in more)
            words = ""
            if any(told):
                meanwhile = _("Changed by somebody else meanwhile to: {value}")
                words = meanwhile.format(value=isolate(" / ".join(filter(None, told))))
            row.set_warning(words)
        self._notice.setVisible(bool(more))
        if more:
            self._tell(_("Somebody changed this while you were editing."), "")

    def _tell(self, title: str, text: str) -> None:
        self._notice.set_words(Tone.WARN, title, text)
        self._notice.show()
        self._notice.say()

    def _typed(self) -> Mapping[str, str]:
        return {name: field.text() for name, field in self.fields.items()}

    def _decided(self, done: Resolved) -> None:
        self._begun = self._typed()
        self.draft.forget()
        self.close_requested.emit()
        self._then(done)

    def _refused(self, error: ClinicError) -> None:
        self._is_sent = False
        row = self._rows.get(error.field) if isinstance(error, ValidationError) else None
        if row is None:
            self.context.host.show_error(error)
        else:
            row.set_error(error.message)


def _together(item: ConflictItem, name: str) -> str:
    """Every version's words once, the oldest first."""
    ordered = sorted(item.versions, key=lambda each: (each.at, each.name))
    found = [str(each.values.get(name) or "").strip() for each in ordered]
    return "\n\n".join(dict.fromkeys(filter(None, found)))
