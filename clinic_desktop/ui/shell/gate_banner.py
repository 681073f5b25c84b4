"""Above every screen, while the record can only be looked at: why, and what to do."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal

from clinic_desktop.i18n import _, isolate
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.notice import Notice


class GateBanner(Notice):
    """Comes and goes with what closes the record; cannot be dismissed."""

    restore_wanted = Signal(object)
    """The ``Path`` of the backup made before the upgrade."""

    def __init__(self, context: Context) -> None:
        super().__init__(Tone.WARN, "")
        self.setObjectName("gate")
        self.setProperty("place", "window")
        self._context = context
        self._way_back: Path | None = None
        self._said = ""
        self.again = self.add_action(_("Look again"), self._look)
        self.again.setObjectName("gate.again")
        self.restore = self.add_action(_("Bring the backup back…"), self._on_restore)
        self.restore.setObjectName("gate.restore")
        self.restore.hide()
        context.tasks.gate_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        why = self._context.tasks.halt
        self.setVisible(why is not None)
        said, self._said = self._said, why.message if why is not None else ""
        if why is None:
            return
        gate = self._context.clinic.store.gate
        self.again.setVisible(gate.passes and not gate.is_held)
        self.set_words(Tone.WARN, why.message, " ".join(filter(None, (why.kept, why.hint))))
        if said != self._said:  # how much of the record is here is read, not announced each time
            self.say()
        if not gate.passes:
            clinic = self._context.clinic
            self._context.tasks.call(
                self, lambda: clinic.backup_before_upgrade, done=self._offer_way_back
            )

    def _offer_way_back(self, path: Path | None) -> None:
        why = self._context.tasks.halt
        self._way_back = path
        self.restore.setVisible(path is not None)
        if path is not None and why is not None:
            words = _("Or bring back the backup made before the upgrade, {file}: what was entered "
                      "since is not in it.").format(file=isolate(path.name))  # fmt: skip
            self.set_words(Tone.WARN, why.message, f"{why.kept} {why.hint} {words}")

    def _on_restore(self) -> None:
        self.restore_wanted.emit(self._way_back)

    def _look(self) -> None:
        self._context.tasks.call(self, self._context.clinic.store.gate.look)
