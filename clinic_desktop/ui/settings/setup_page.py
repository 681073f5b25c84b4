"""What a new practice still has to set up."""

from __future__ import annotations

from clinic_desktop import this_pc
from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services import setup
from clinic_desktop.services.setup import SetupItem, SetupStep
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Settings
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import Tone
from clinic_desktop.ui.widgets.facts import Fact, FactAction, FactList
from clinic_desktop.ui.widgets.pill import Glyph, PillSpec

_BACKUP = "backups"


class SetupPage(SettingsPage):
    """The checklist; it reads the record, so that nothing has to be ticked."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Set-up"),
            _("What is done and what is still open. Nothing here stops you from working."),
            Scope.CLINIC,
        )
        self.list = FactList()
        self.add_card("", self.list)
        self.end()

    def load(self) -> None:
        """What is there now."""
        self.context.tasks.read(self, setup.checklist, done=self._show)

    def _show(self, items: tuple[SetupItem, ...]) -> None:
        copied = this_pc.last_backup(self.context.clinic.data_dir) is not None
        words = {
            SetupStep.PRACTICE: (_("Address and phone of the practice"), _("For every paper.")),
            SetupStep.PEOPLE: (_("More people"), _("If you do not work alone.")),
            SetupStep.PRICES: (_("Services and prices"), _("For the checkout.")),
            SetupStep.PRINTERS: (_("Printers"), _("Which document goes where on this PC.")),
            SetupStep.RECOVERY: (_("Recovery sheet"), _("For lost passwords and broken PCs.")),
        }
        facts = [self._fact(item.step.value, *words[item.step], item.is_done) for item in items]
        backup = (_("A first backup"), _("On another disk than this one."))
        facts.append(self._fact(_BACKUP, *backup, copied))
        self.list.show_facts(facts)

    def _fact(self, page: str, title: str, sentence: str, is_done: bool) -> Fact:
        done = PillSpec(_("done"), Tone.OK, Glyph.FULL)
        still = PillSpec(pgettext("step", "to do"), Tone.WARN, Glyph.EMPTY)
        open_it = FactAction(
            Icon.FORWARD,
            _("Open: {step}").format(step=title),
            lambda: self.context.navigator.open(Settings(page)),
        )
        return Fact(page, title, sentence, done if is_done else still, (open_it,))
