"""The texts that patients are asked to agree to."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit

from clinic_desktop.domain.consent import KINDS
from clinic_desktop.i18n import LANGUAGES, PAPER_LANGUAGES, _, current, isolate
from clinic_desktop.services.patients import consent_texts
from clinic_desktop.services.patients.consent_texts import ConsentTextRow, SaveText
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.paged_model import Cell, CellKind, Column
from clinic_desktop.ui.core.privacy_words import consent_title
from clinic_desktop.ui.settings.line_form import LineForm
from clinic_desktop.ui.settings.schedule_lines import LinesPage
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.label import Label

_LINES = 12
_KINDS = (*KINDS, "photos", "research")


class ConsentTextsPage(LinesPage):
    """Saving a changed text makes the next version; nobody's consent changes with it."""

    def __init__(self, context: Context) -> None:
        words = (
            _("Consent texts"),
            _("What patients are asked to agree to. Who agreed keeps the words of then."),
            _("Write a text"),
        )
        columns = (
            Column("title", _("Heading"), lambda row: Cell(row.title, consent_title(row.kind)),
                   CellKind.STRONG, 26, stretch=True),
            Column("language", _("Language"), lambda row: Cell(_spoken(row.language)), letters=14),
            Column("version", _("Version"), _version, letters=16),
        )  # fmt: skip
        super().__init__(context, words, columns, consent_texts.texts, "consent_text", tall=True)

    def form(self, row: ConsentTextRow | None) -> LineForm:
        """The drawer for a text."""
        return ConsentTextLine(self._context, row)

    def as_it_is_now(self, row: ConsentTextRow) -> ConsentTextRow | None:
        """A text is never changed: another one takes its place."""
        same = (each for each in self._rows.values() if _place(each) == _place(row))
        return next(same, None)


def _place(row: ConsentTextRow) -> tuple[str, str]:
    return row.kind, row.language


def _spoken(language: str) -> str:
    return str(current().locale.languages.get(language, language))


def _version(row: ConsentTextRow) -> Cell:
    day = current().date(current().local(row.issued_at).date())
    return Cell(isolate(row.version), isolate(day))


class ConsentTextLine(LineForm):
    """Kind, language, heading and text."""

    def __init__(self, context: Context, row: ConsentTextRow | None) -> None:
        super().__init__(context, consent_texts.save_text, row)
        self.draft = FieldDraft(context, "consent-text", str(row.id) if row else "", self)
        self.column.insertWidget(0, self.draft.notice)
        self.active.hide()
        kinds = dict.fromkeys((*_KINDS, *([row.kind] if row else [])))
        self.kind = Select(
            ((kind, consent_title(kind)) for kind in kinds), row.kind if row else KINDS[0]
        )
        spoken = context.language.language.split("_")[0]
        languages = dict.fromkeys((*LANGUAGES, *PAPER_LANGUAGES))
        self.language = Select(
            ((code, _spoken(code)) for code in languages),
            row.language if row else spoken if spoken in languages else "en",
        )
        self.rows["kind"] = self.fields.add(_("What about"), self.kind)
        self.fields.add(_("Language"), self.language)
        self.title = self.line("title", _("Heading"), row.title if row else "")
        self.body = QPlainTextEdit(row.body if row else "")
        self.body.setObjectName("consent-text.body")
        self.body.setTabChangesFocus(True)
        self.body.setFixedHeight(look().metrics().lineSpacing() * _LINES)
        self.rows["body"] = self.fields.add(_("Text"), self.body, required=True)
        hint = _("Let somebody who knows the law of your country read it first.")
        self.fields.add("", Label(hint, "caption", "muted", wrap=True))
        for name, field in (("title", self.title), ("body", self.body)):
            self.draft.keep(name, field)
        self.draft.begin()

    def may_close(self) -> bool:
        """What is typed is kept as a draft."""
        return self.draft.flush()

    def _done(self, key: object) -> None:
        self.draft.forget()
        super()._done(key)  # type: ignore[arg-type]

    def wish(self) -> SaveText:
        """The text as typed."""
        kind, language = str(self.kind.value() or ""), str(self.language.value() or "")
        takes_place = self.row is not None and (kind, language) == _place(self.row)
        return SaveText(
            kind, self.title.text(), self.body.toPlainText(), language,
            self.row.id if self.row is not None and takes_place else None,
        )  # fmt: skip
