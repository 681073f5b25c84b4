"""The first run: seven steps that can be left and resumed, or the sample clinic."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop import sample_clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import Clock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services import practice, setup
from clinic_desktop.ui.core.background import Background
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.core.tasks import Tasks
from clinic_desktop.ui.first_run.begin_practice import begin_practice
from clinic_desktop.ui.first_run.early_steps import OwnerStep, PracticeStep, RegionStep
from clinic_desktop.ui.first_run.later_steps import (
    BackupStep,
    PricesStep,
    PrintersStep,
    RecoveryStep,
)
from clinic_desktop.ui.first_run.state import (
    BEFORE,
    StepKey,
    forget_answers,
    keep_answers,
    kept_answers,
)
from clinic_desktop.ui.first_run.step import Step
from clinic_desktop.ui.first_run.stepper import Stepper
from clinic_desktop.ui.shell.password_again import ask_password
from clinic_desktop.ui.shell.window_host import WindowHost
from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.tokens import SPACE_2, SPACE_4, SPACE_5, Tone
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.notice import Notice
from clinic_desktop.ui.widgets.page import ScrollPage

KEEP_AFTER_MS = 1000
"""What is typed is kept on this PC so soon after the first letter."""
_WIDTH = 820
_ORDER = tuple(StepKey)


class FirstRunView(QWidget):
    """``created(Clinic)`` when the record is open, ``finished(Clinic)`` after the last step."""

    created = Signal(object)
    finished = Signal(object)
    restore_wanted = Signal()
    """A practice of another PC is to be brought here."""
    server_restore_wanted = Signal()
    """It is to come from its server, for no PC of it is left."""
    join_wanted = Signal()
    """This PC is to become one of a practice's."""

    def __init__(
        self,
        data_dir: DataDir,
        clock: Clock,
        *,
        opened: Clinic | None = None,
        cost: KdfCost | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("first-run")
        self.setProperty("role", "page")
        self._data_dir, self._clock, self._cost = data_dir, clock, cost
        self._background = Background(self)
        self._clinic = opened
        self._unclaimed: Clinic | None = None
        self._tasks: Tasks | None = None
        self._steps: dict[StepKey, Step] = {}
        self._frame = QWidget()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(KEEP_AFTER_MS)
        self._pause.timeout.connect(self._note)
        self.answers = kept_answers(data_dir)
        self.here = self.answers.step
        self._skipped: set[int] = set()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for keys, run in (("Ctrl+Return", self.go_on), ("Alt+Left", self.go_back)):
            QShortcut(QKeySequence(keys), self).activated.connect(run)
        if opened is not None:
            self.here = StepKey(opened.store.read(SYSTEM, setup.open_step).result())
            self._tasks = self._make_tasks(opened)
            speak(opened.language())
        else:
            speak(self.answers.speech())
        self._rebuild()

    # ------------------------------------------------------------ construction

    def _rebuild(self) -> None:
        """Make all words anew: the language has changed, or the record is there now."""
        old, self._steps = self._frame, {}
        self._frame = QWidget()
        titles = {
            StepKey.REGION: _("Language and region"),
            StepKey.PRACTICE: _("Practice"),
            StepKey.OWNER: _("You"),
            StepKey.RECOVERY: _("Recovery sheet"),
            StepKey.PRICES: _("Prices"),
            StepKey.PRINTERS: _("Printers"),
            StepKey.BACKUP: _("Backups"),
        }
        self.stepper = Stepper(tuple(titles[key] for key in _ORDER))
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        self._stack = QStackedWidget()
        frame = QVBoxLayout(self._frame)
        frame.setContentsMargins(0, SPACE_5, 0, SPACE_4)
        frame.setSpacing(SPACE_4)
        frame.addWidget(self._narrow(self.stepper))
        frame.addWidget(self._narrow(self._notice))
        frame.addWidget(self._stack, 1)
        self._bar = self._narrow(self._make_buttons())
        frame.addWidget(self._bar)
        self._column.addWidget(self._frame)
        old.hide()
        old.deleteLater()
        self._show(self.here)

    def _narrow(self, widget: QWidget) -> QWidget:
        """In the middle, no wider than lines are good to read."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(SPACE_5, 0, SPACE_5, 0)
        row.addStretch(1)
        row.addWidget(widget, 1000)
        row.addStretch(1)
        widget.setMaximumWidth(max(_WIDTH, look().px(_WIDTH)))
        return holder

    def _make_buttons(self) -> QWidget:
        self.back = Button(_("Back"))
        self.back.setObjectName("first-run.back")
        keys = QKeySequence("Alt+Left").toString(QKeySequence.SequenceFormat.NativeText)
        self.back.setToolTip(keys)
        self.back.clicked.connect(self.go_back)
        self.later = Button(_("Set up later"), "link")
        self.later.setObjectName("first-run.later")
        self.later.clicked.connect(self.skip)
        self.next = Button(_("Next"), "primary")
        self.next.setObjectName("first-run.next")
        self.next.clicked.connect(self.go_on)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_2)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.later)
        row.addWidget(self.next)
        return bar

    def step(self, key: StepKey) -> Step:
        """A step, made when it is first shown."""
        if key not in self._steps:
            self._steps[key] = self._make(key)
            for edit in self._steps[key].findChildren(QLineEdit):
                edit.textEdited.connect(self._soon)
            page = ScrollPage()
            page.column.setContentsMargins(0, 0, 0, 0)
            page.column.addWidget(self._narrow(self._steps[key]), 1)
            self._stack.addWidget(page)
            self._put_bar_last()
        return self._steps[key]

    def _put_bar_last(self) -> None:
        """Tab comes to the buttons after the fields, also after those of a step made just now."""
        frame = self._frame.layout()
        if frame is not None:
            self._bar.setParent(None)
            frame.addWidget(self._bar)
            self._bar.show()

    def _make(self, key: StepKey) -> Step:
        if key is StepKey.REGION:
            first = RegionStep(self.answers)
            first.language_chosen.connect(self._on_language)
            first.sample_wanted.connect(self._on_sample)
            first.restore_wanted.connect(self.restore_wanted)
            first.server_restore_wanted.connect(self.server_restore_wanted)
            first.join_wanted.connect(self.join_wanted)
            return first
        if key is StepKey.PRACTICE:
            return PracticeStep(self.answers, self._background.run)
        if key is StepKey.OWNER:
            owner = OwnerStep(self.answers)
            owner.create_wanted.connect(self._create)
            return owner
        return self._make_later(key)

    def _make_later(self, key: StepKey) -> Step:
        opened, tasks = self._clinic, self._tasks
        if opened is None or tasks is None:
            raise LookupError(key)  # these steps are only shown with an open record
        if key is StepKey.RECOVERY:
            return RecoveryStep(opened, tasks)
        if key is StepKey.PRICES:
            own = opened.store.read(SYSTEM, practice.details).result()
            return PricesStep(tasks, opened.language(), own.currency, opened.store.clock)
        if key is StepKey.PRINTERS:
            return PrintersStep(tasks)
        return BackupStep(opened, self._background.run)

    # ------------------------------------------------------------ going on

    def _show(self, key: StepKey) -> None:
        self.here = key
        step = self.step(key)
        place = _ORDER.index(key)
        self.stepper.set_current(place, self._skipped)
        page = step.parentWidget()
        while page is not None and self._stack.indexOf(page) < 0:
            page = page.parentWidget()
        if page is not None:
            self._stack.setCurrentWidget(page)
        first_open = 0 if self._clinic is None else len(BEFORE)
        self.back.setEnabled(place > first_open)
        self.later.setVisible(step.can_skip)
        texts = {StepKey.OWNER: _("Make the practice"), StepKey.BACKUP: _("Begin to work")}
        self.next.set_text(texts.get(key, _("Next")))
        # Once the window has its new layout, or the focus would be taken away again.
        QTimer.singleShot(0, step, step.begin)

    def go_on(self) -> None:
        """Keep this step and go to the next one."""
        if self.next.isEnabled():
            self.step(self.here).leave(self._on_left)

    def _on_left(self) -> None:
        self._skipped.discard(_ORDER.index(self.here))
        self._advance()

    def skip(self) -> None:
        """Leave this step for later: the settings keep a list of what is open."""
        if self.here is StepKey.PRACTICE:
            self.step(self.here).note()
        self._skipped.add(_ORDER.index(self.here))
        self._advance()

    def _advance(self) -> None:
        if self.here is _ORDER[-1]:
            self._finish()
        else:
            self._move_to(_ORDER[_ORDER.index(self.here) + 1])

    def go_back(self) -> None:
        """To the step before; what is typed here stays."""
        if self.back.isEnabled() and self.next.isEnabled():
            self.step(self.here).note()
            self._move_to(_ORDER[_ORDER.index(self.here) - 1])

    def _move_to(self, key: StepKey) -> None:
        if self._tasks is not None:
            self._tasks.write(self, setup.reach_step, key.value)
        else:
            self.answers.step = key
            self._keep()
        self._show(key)

    def _soon(self) -> None:
        """Something was typed: closing the window, or worse, must not cost it."""
        if self._tasks is None and not self._pause.isActive():
            self._pause.start()

    def _note(self) -> None:
        self._pause.stop()
        if self._tasks is None:
            self.step(self.here).note()
            self._keep()

    def _keep(self) -> None:
        try:
            keep_answers(self._data_dir, self.answers)
        except ClinicError as error:
            self._complain(error)

    def _finish(self) -> None:
        opened, tasks = self._clinic, self._tasks
        if opened is None or tasks is None:
            return

        def kept(_nothing: None) -> None:
            tasks.close()
            self.finished.emit(opened)

        tasks.write(self, setup.reach_step, "", done=kept)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field goes on, as in every form."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_on()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ language, record, sample

    def _on_language(self, code: str) -> None:
        for step in self._steps.values():
            step.note()
        self.answers.language = code
        self._keep()
        speak(self.answers.speech())
        # Not while the button that was pressed is still at work.
        QTimer.singleShot(0, self, self._rebuild)

    def _create(self, password: str) -> None:
        self._set_busy(True)
        self._background.run(self._begin, password, done=self._on_created, failed=self._refuse)

    def _begin(self, password: str) -> Clinic:
        name = _("My practice")
        made = begin_practice(self._data_dir, self.answers, password, name, self._clock, self._cost)
        # Should the window be closed meanwhile, somebody must still close the record.
        self._unclaimed = made
        return made

    def _on_created(self, opened: Clinic) -> None:
        self._unclaimed = None
        self._clinic = opened
        self._tasks = self._make_tasks(opened)
        forget_answers(self._data_dir)
        speak(opened.language())  # the country chosen since says how prices are typed
        self._set_busy(False)
        self.created.emit(opened)
        self.here = StepKey.RECOVERY
        self._rebuild()

    def _make_tasks(self, opened: Clinic) -> Tasks:
        tasks = Tasks(opened.store, opened.actor, self)
        tasks.ask_password = partial(ask_password, tasks, WindowHost(self), opened)
        return tasks

    def _refuse(self, error: ClinicError) -> None:
        self._set_busy(False)
        owner = self.step(StepKey.OWNER)
        if isinstance(owner, OwnerStep):
            owner.refuse(error)

    def _set_busy(self, busy: bool) -> None:
        for button in (self.back, self.next, self.later):
            button.setEnabled(not busy)

    def _on_sample(self) -> None:
        first = self.step(StepKey.REGION)
        if isinstance(first, RegionStep) and self.next.isEnabled():
            self._set_busy(True)
            first.sample.hide()
            first.progress.show()
            self._background.run(
                self._make_sample, done=self._on_sample_made, failed=self._on_sample_failed
            )

    def _make_sample(self) -> Clinic:
        language = self.answers.language
        folder = sample_clinic.sample_dir(self._data_dir, language)
        self._unclaimed = sample_clinic.open_sample(folder, language, self._clock, self._cost)
        return self._unclaimed

    def _on_sample_made(self, opened: Clinic) -> None:
        self._unclaimed = None
        self.created.emit(opened)
        self.finished.emit(opened)

    def _on_sample_failed(self, error: ClinicError) -> None:
        self._set_busy(False)
        first = self.step(StepKey.REGION)
        if isinstance(first, RegionStep):
            first.progress.hide()
            first.sample.show()
        self._complain(error)

    def _complain(self, error: ClinicError) -> None:
        self._notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self._notice.show()
        self._notice.say()

    def close_work(self) -> None:
        """Finish what runs beside the window; an unfinished record is closed, never lost."""
        if self._pause.isActive():
            self._note()
        if self._tasks is not None:
            self._tasks.close()
        self._background.close()
        if self._unclaimed is not None:
            self._unclaimed.close()
            self._unclaimed = None

    def changeEvent(self, event: QEvent) -> None:
        """Lines grow with the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._steps:
            for widget in (self.stepper, self._notice, *self._steps.values()):
                widget.setMaximumWidth(max(_WIDTH, look().px(_WIDTH)))
