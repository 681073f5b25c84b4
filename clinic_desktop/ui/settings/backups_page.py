"""Where backups go, what became of the last ones, and one more now."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.i18n import _, current, isolate, isolate_path, pgettext
from clinic_desktop.services.backups import ledger, places
from clinic_desktop.services.backups.ledger import Ledger, Reason, Result
from clinic_desktop.services.backups.making import Backup
from clinic_desktop.services.backups.places import Place
from clinic_desktop.services.backups.words import stage_words
from clinic_desktop.ui.core.backup_words import backup_tone, backup_words
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec
from clinic_desktop.ui.widgets.progress_panel import ProgressPanel

_SHOWN = 8


class BackupsPage(SettingsPage):
    """For the owner; everybody sees how old the last one is."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Backups"),
            _("Every hour in which something changed, and when the program is closed. A backup "
              "counts only after the program has brought it back on trial, chart by chart. It "
              "opens on any PC with the recovery sheet."),
            Scope.PC,
        )  # fmt: skip
        self._keeper = context.backups
        may = allowed(context.actor, "record.check")
        self.age = Label("", "strong", wrap=True)
        self.now = Button(_("Back up now"), "primary", icon=Icon.DOWNLOAD)
        self.now.setObjectName("backups.now")
        self.now.clicked.connect(self._on_now)
        self.progress = ProgressPanel(_("Making a backup…"))
        self.progress.cancelled.connect(self._keeper.stop)
        self.progress.hide()
        self.add_card("", self.age, self.progress, self.now)
        self.places = FactList()
        self.add = Button(_("Add a place…"), icon=Icon.ADD)
        self.add.setObjectName("backups.add")
        self.add.clicked.connect(self._on_add)
        self._may_change = may
        hint = Label(
            _("Best are two: a folder on another disk, and a stick that is taken home. A stick is "
              "known again wherever it is plugged in."),
            tone="muted", wrap=True,
        )  # fmt: skip
        self.add_card(_("Places"), hint, self.places, self.add)
        self.results = FactList(_("No backup has been made on this PC yet"))
        self.add_card(_("The last backups"), self.results)
        self.end()
        for button in (self.now, self.add):
            button.setEnabled(may)
        self._keeper.changed.connect(self._show_age)
        self._keeper.stepped.connect(self._on_step)
        self._keeper.ended.connect(self._on_ended)

    def load(self) -> None:
        """Ask the disks which places are here."""
        self._show_age()
        self._keeper.ask(self._look, done=self._show, failed=self.refuse)

    def _look(self) -> tuple[Ledger, frozenset[str]]:
        known = self._keeper.backups.known()
        here = frozenset(place.id for place in known if places.find(place) is not None)
        return ledger.read(self.context.clinic.data_dir), here

    def _show_age(self) -> None:
        made, now = self._keeper.last_at, self.context.clock.now()
        self.age.setText(backup_words(made, now))
        self.age.set_tone(backup_tone(made, now))
        self.progress.setVisible(self._keeper.is_running)
        self.now.setEnabled(self._may_change and not self._keeper.is_running)

    def _show(self, found: tuple[Ledger, frozenset[str]]) -> None:
        known, here = found
        may_remove = self._may_change and len(known.places) > 1
        self.places.show_facts(
            [self._place(place, place.id in here, may_remove) for place in known.places]
        )
        self.results.show_facts([_result(each) for each in known.results[:_SHOWN]])

    def _place(self, place: Place, is_here: bool, may_remove: bool) -> Fact:
        if place.trouble:
            pill = PillSpec(pgettext("backup place", "failed"), Tone.DANGER, Glyph.CROSS)
        elif not is_here:
            pill = PillSpec(pgettext("backup place", "not here"), Tone.WARN, Glyph.EMPTY)
        elif place.last_at is None:
            pill = PillSpec(pgettext("backup place", "still empty"), Tone.WARN, Glyph.EMPTY)
        else:
            pill = PillSpec(pgettext("backup place", "verified"), Tone.OK, Glyph.FULL)
        last = place.last_at and current().datetime(place.last_at)
        words = place.trouble or (_("Last: {moment}").format(moment=isolate(last)) if last else "")
        name = isolate_path(place.path)
        remove = FactAction(
            Icon.CLOSE,
            _("Make no more backups in {folder}").format(folder=name),
            partial(self._remove, place.id),
        )
        return Fact(place.id, name, words, pill, (remove,) if may_remove else ())

    # ------------------------------------------------------------ what a person does

    def _on_now(self) -> None:
        self.notice.hide()
        self.progress.start(_("Making a backup…"))
        self._keeper.make(Reason.BY_HAND, self.context.actor)

    def _on_step(self, stage: str, done: int, total: int) -> None:
        self.progress.set_progress(done, total, stage_words(stage))

    def _on_ended(self, outcome: object) -> None:
        if isinstance(outcome, Backup):
            self.notice.hide()
            self.said(_("The backup was brought back on trial without a fault."))
        elif isinstance(outcome, ClinicError):
            self.refuse(outcome)
            if isinstance(outcome, StoppedError):
                self.notice.set_words(Tone.WARN, outcome.message, outcome.kept)
        if outcome is not None:
            self.load()

    def _on_add(self) -> None:
        dialog = QFileDialog(self, _("Place for backups"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.add_place)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def add_place(self, path: str) -> None:
        """Let backups go there too."""
        self._keeper.ask(
            self._keeper.backups.add, Path(path), done=self._changed, failed=self.refuse
        )

    def _remove(self, place_id: str) -> None:
        self._keeper.ask(
            self._keeper.backups.remove, place_id, done=self._changed, failed=self.refuse
        )

    def _changed(self, _nothing: object) -> None:
        self.notice.hide()
        self.load()


def _result(found: Result) -> Fact:
    reasons = {
        Reason.BY_HAND: _("Made by hand"),
        Reason.HOURLY: _("Made by itself"),
        Reason.CLOSING: _("Made when the program was closed"),
        Reason.IMPORT: _("Made before an import"),
        Reason.MERGE: _("Made before two charts were joined"),
        Reason.REKEY: _("Made before the record got a new key"),
        Reason.UPGRADE: _("Made before the record was brought to a newer version"),
    }
    size = _("{size} MB").format(size=isolate(current().number(round(found.size / 1e6, 1))))
    sub = found.trouble or f"{reasons[found.reason]} · {size}"
    bad = PillSpec(pgettext("backup place", "failed"), Tone.DANGER, Glyph.CROSS)
    good = PillSpec(pgettext("backup place", "verified"), Tone.OK, Glyph.FULL)
    text = f"{isolate(current().datetime(found.at))} · {isolate_path(str(Path(found.path).parent))}"
    return Fact((found.at, found.path), text, sub, bad if found.trouble else good)
