"""Drawers that restrict the use of a chart, lift that, or say why it is used all the same."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.i18n import _
from clinic_desktop.services.privacy import restriction
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.privacy import words
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.label import Label


class _ReasonForm(ChartForm):
    """A sentence on what follows, a reason to choose if there are any, and words of one's own."""

    kind = ""
    """Of its draft."""

    def __init__(
        self,
        context: Context,
        destination: to.RestrictUse | to.LiftRestriction | to.UseAnyway,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.column.addWidget(Label(self.sentence(), "body", "muted", wrap=True))
        self.reason: Select | None = None
        if reasons := self.reasons():
            self.reason = Select(reasons.items(), next(iter(reasons)))
            self.rows["reason"] = self.form.add(_("Reason"), self.reason)
        self.words = QLineEdit()
        self.rows["words"] = self.form.add(_("In a few words"), self.words, required=True)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.reason or self.words)
        self.keep_words(self.kind)

    def keeping(self, draft: FieldDraft) -> None:
        """The reason and the words."""
        if self.reason is not None:
            draft.keep("reason", self.reason)
        draft.keep("words", self.words)

    def sentence(self) -> str:
        """What follows from it."""
        return ""

    def reasons(self) -> dict[str, str]:
        """What can be chosen."""
        return {}

    def may_close(self) -> bool:
        """Words are not thrown away."""
        return not self.is_typed

    def _chosen(self) -> str:
        return str(self.reason.value()) if self.reason is not None else ""

    def _done(self) -> None:
        self.words.clear()
        self.close_requested.emit()


class RestrictForm(_ReasonForm):
    """From now on the chart is only stored."""

    kind = "restrict"

    def sentence(self) -> str:
        """What follows from it."""
        return _("Nobody reads or writes it any more, except for a reason of the law that is said.")

    def reasons(self) -> dict[str, str]:
        """GDPR article 18."""
        return words.restriction_reasons()

    def primary_text(self) -> str:
        """The verb."""
        return _("Only store this chart")

    def submit(self, print_too: bool) -> None:
        """Restrict it."""
        self.write(restriction.restrict, self.patient_id, self._chosen(), self.words.text(),
                   done=self._done)  # fmt: skip


class LiftForm(_ReasonForm):
    """The chart may be used again."""

    kind = "lift"

    def sentence(self) -> str:
        """What follows from it."""
        return _("Tell the person first. Then the chart is used for care as usual.")

    def primary_text(self) -> str:
        """The verb."""
        return _("Use this chart again")

    def submit(self, print_too: bool) -> None:
        """Lift it."""
        self.write(restriction.lift, self.patient_id, self.words.text(), done=self._done)


class UseForm(_ReasonForm):
    """Used all the same, for now and by this person."""

    kind = "use-anyway"

    def sentence(self) -> str:
        """What follows from it."""
        return _("It opens for you for eight hours; your reason is on record.")

    def reasons(self) -> dict[str, str]:
        """GDPR article 18 (2)."""
        return words.exception_reasons()

    def primary_text(self) -> str:
        """The verb."""
        return _("Use it all the same")

    def submit(self, print_too: bool) -> None:
        """Say why."""
        self.write(restriction.use_anyway, self.patient_id, self._chosen(), self.words.text(),
                   done=self._done)  # fmt: skip
