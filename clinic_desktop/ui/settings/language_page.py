"""The language of the window, and the formats of the practice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.practice_language import LATIN_DIGITS
from clinic_desktop.services import people, practice
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.billing.catalogue import ServiceRow
from clinic_desktop.services.practice import PracticeDetails
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Settings
from clinic_desktop.ui.settings.page import Scope, SettingsPage
from clinic_desktop.ui.setup import region
from clinic_desktop.ui.setup.region import Region
from clinic_desktop.ui.setup.region_fields import RegionFields
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form

PAGE = "language"
_PRACTICE = ""


class LanguagePage(SettingsPage):
    """A change makes the desk anew in the other language, at this page."""

    def __init__(self, context: Context) -> None:
        super().__init__(
            context,
            _("Language and formats"),
            _("Your language is yours alone; country, money and time are the practice's."),
            Scope.CLINIC,
        )
        self._details: PracticeDetails | None = None
        own = [(_PRACTICE, _("As the practice")), *region.languages()]
        self.mine = Select(own)
        self.mine.setObjectName("settings.language")
        self.mine.chosen.connect(self._on_mine)
        mine = Form(columns=2)
        mine.add(_("My language"), self.mine, hint=_("Only for you, on every PC."))
        self.shared = Select(region.languages())
        self.shared.setObjectName("settings.practice-language")
        self.shared.chosen.connect(self._on_shared)
        self.digits = Select([(True, "0123456789"), (False, _("Those of the language"))])
        self.digits.setObjectName("settings.digits")
        self.digits.chosen.connect(self._on_digits)
        shared = Form(columns=2)
        shared.add(_("Language of the practice"), self.shared,
                   hint=_("Of papers, and of everybody who chose nothing else."))  # fmt: skip
        shared.add(_("Digits"), self.digits,
                   hint=_("One kind everywhere: doses, results, receipts."))  # fmt: skip
        self.region = RegionFields(Region())
        self.region.changed.connect(self._on_region)
        self.add_card(_("Only me"), mine)
        card = self.add_card(_("The whole practice"), shared, self.region)
        card.setEnabled(allowed(context.actor, "practice.write"))
        self.end()

    def load(self) -> None:
        """What is kept now."""
        read = self.context.tasks.read
        read(self, practice.details, done=self._show)
        read(self, people.everybody, done=self._show_mine)
        read(self, practice.setting, LATIN_DIGITS, done=self._show_digits)
        if allowed(self.context.actor, "practice.write"):
            read(self, catalogue.services, all_=True, done=self._show_currency)

    def _show(self, found: PracticeDetails) -> None:
        self._details = found
        self.shared.set_value(found.language)
        self.region.set_value(Region(found.country, found.currency, found.time_zone))

    def _show_mine(self, people: tuple[people.Person, ...]) -> None:
        actor = self.context.actor
        self.mine.set_value(next((p.language for p in people if p.id == actor.user_id), ""))

    def _show_digits(self, latin: object) -> None:
        self.digits.set_value(latin is not False)

    def _show_currency(self, services: tuple[ServiceRow, ...]) -> None:
        # Amounts are stored in minor units: another currency would change what they mean.
        self.region.currency.setEnabled(not services)
        tip = _("The price list is in this currency.") if services else ""
        self.region.currency.setToolTip(tip)

    def _on_mine(self, code: object) -> None:
        write = self.context.tasks.write
        write(self, people.speak, str(code), done=self._rebuild, failed=self.refuse)

    def _on_digits(self, latin: object) -> None:
        self.context.tasks.write(
            self,
            practice.decide,
            LATIN_DIGITS,
            value=bool(latin),
            done=self._rebuild,
            failed=self.refuse,
        )

    def _on_shared(self, code: object) -> None:
        self._change(lambda known: replace(known, language=str(code)))

    def _on_region(self, value: Region) -> None:
        self._change(
            lambda known: replace(
                known,
                country=value.country,
                currency=value.currency,
                time_zone=value.time_zone,
            )
        )

    def _change(self, change: Callable[[PracticeDetails], PracticeDetails]) -> None:
        if self._details is not None:
            self.context.tasks.write(
                self,
                practice.change_details,
                change(self._details),
                done=self._rebuild,
                failed=self._overtaken,
            )

    def _overtaken(self, error: ClinicError) -> None:
        """Somebody else was faster: what is kept now is shown, to choose again."""
        self.refuse(error)
        self.load()

    def _rebuild(self, _nothing: None) -> None:
        self.context.navigator.rebuild_requested.emit(Settings(PAGE))
