"""Filling a new, empty clinic with the sample."""

from __future__ import annotations

from datetime import date

from clinic_desktop.db.session import ReadSession
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.services.fhir.files import from_memory
from clinic_desktop.services.fhir.importing import import_sources
from clinic_desktop.services.sample.day import fill_calendar
from clinic_desktop.services.sample.house import furnish, settle
from clinic_desktop.services.sample.lives import lives
from clinic_desktop.services.sample.script import Script


def fill_sample(store: Store, script: Script) -> None:
    """Bring rooms, prices, lives and appointments into a clinic that was just made.

    Raises:
        BadFileError: the sample's own files are damaged.
    """
    store.write(SYSTEM, furnish, script).result()
    today = store.read(SYSTEM, _today).result()
    content = b"\n".join(lives(script, today))
    source = from_memory("sample.jsonl", content)
    report = import_sources(store, SYSTEM, [source])
    if report.errors:
        first = report.errors[0]
        raise BadFileError(
            _("The sample clinic is damaged: {reason}").format(reason=first.reason),
            hint=_("Install the program again from its installer."),
        )
    store.write(SYSTEM, settle).result()
    store.write(SYSTEM, fill_calendar, script).result()


def _today(reads: ReadSession) -> date:
    return reads.today
