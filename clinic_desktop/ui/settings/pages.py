"""The pages of the settings in their order, with the words people look for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.appearance_page import AppearancePage
from clinic_desktop.ui.settings.audit_page import AuditPage
from clinic_desktop.ui.settings.backups_page import BackupsPage
from clinic_desktop.ui.settings.consent_texts_page import ConsentTextsPage
from clinic_desktop.ui.settings.data_page import DataPage
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.language_page import LanguagePage
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.packs_page import PacksPage
from clinic_desktop.ui.settings.people_page import AccountsPage
from clinic_desktop.ui.settings.practice_page import PracticePage
from clinic_desktop.ui.settings.prices_page import ServicesPage, TaxesPage
from clinic_desktop.ui.settings.printers_page import PrintersPage
from clinic_desktop.ui.settings.privacy_page import PrivacyPage
from clinic_desktop.ui.settings.recovery_page import RecoveryPage
from clinic_desktop.ui.settings.rights_page import RightsPage
from clinic_desktop.ui.settings.rules_page import RulesPage
from clinic_desktop.ui.settings.schedule_pages import SCHEDULE_PAGES
from clinic_desktop.ui.settings.setup_page import SetupPage
from clinic_desktop.ui.settings.templates_page import TemplatesPage


@dataclass(frozen=True)
class PageSpec:
    """A page: its name in ``Settings(page)``, its title, further words, and how it is made."""

    key: str
    title: str
    keywords: str
    make: Callable[[Context], QWidget]
    permission: str = ""
    """What a person needs to read it; empty for everybody."""


OWN = frozenset({"appearance", "language", "lock"})
"""Pages about oneself: all that an insurer's agent gets."""


def page_specs() -> tuple[PageSpec, ...]:
    """All pages, worded in the window's language."""
    schedule = tuple(
        PageSpec(key, _(title), _("calendar time booking"), make, "appointment.read")
        for key, title, make in SCHEDULE_PAGES
    )
    return (
        PageSpec("appearance", _("Appearance"),
                 _("theme dark light contrast text size font density motion"), AppearancePage),
        PageSpec("language", _("Language and formats"),
                 _("country currency time zone digits translation"), LanguagePage),
        PageSpec("lock", _("Lock and password"), _("idle minutes change password security"),
                 LockPage),
        PageSpec("recovery", _("Recovery sheet"),
                 _("lost forgotten password key paper safe emergency"), RecoveryPage,
                 "user.approve"),
        PageSpec("practice", _("Practice and letterhead"),
                 _("name address phone tax licence logo footer paper"), PracticePage),
        PageSpec("people", _("People"), _("users roles staff sign in password"), AccountsPage),
        PageSpec("rules", _("Rules for signing in"),
                 _("lock minutes code phone second factor security policy"), RulesPage,
                 "user.approve"),
        PageSpec("rights", _("Who may do what"),
                 _("review permissions unused table"), RightsPage, "user.read"),
        PageSpec("prices", _("Services and prices"), _("price list charge money"), ServicesPage,
                 "price.read"),
        PageSpec("taxes", _("Taxes"), _("VAT rate percent"), TaxesPage, "price.read"),
        PageSpec("printers", _("Printers"), _("paper copies test page PDF folder"), PrintersPage,
                 "print.read"),
        *schedule,
        PageSpec("templates", _("Note templates"), _("visit text blanks slash"), TemplatesPage,
                 "chart.read"),
        PageSpec("consent-texts", _("Consent texts"), _("agree privacy form sign version"),
                 ConsentTextsPage, "consent.read"),
        PageSpec("privacy", _("Data protection"),
                 _("privacy requests retention erase research export anonymous years keep"),
                 PrivacyPage, "subject.read"),
        PageSpec("packs", _("Code packs"), _("ICD diagnosis codes"), PacksPage),
        PageSpec("backups", _("Backups"), _("backup copy restore stick disk lost"), BackupsPage),
        PageSpec("exchange", _("Other PCs"),
                 _("sync server join lost laptop network pause invite device offline"),
                 ExchangePage, "device.read"),
        PageSpec("data", _("Data and checks"), _("folder version integrity damaged whole"),
                 DataPage),
        PageSpec("audit", _("Looks and log"),
                 _("audit trail who saw history night family check signature"), AuditPage,
                 "audit.read"),
        PageSpec("setup", _("Set-up"), _("checklist first steps"), SetupPage),
    )  # fmt: skip
