"""The page of data protection: what waits, how long charts are kept, rows without names."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.privacy import requests, retention
from clinic_desktop.services.privacy.requests import ReceiveRequest
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.settings.consent_texts_page import ConsentTextLine, ConsentTextsPage
from clinic_desktop.ui.settings.privacy_page import PrivacyPage
from tests.ui.settings.conftest import Desk


def test_what_waits_and_what_was_kept_long_enough_leads_to_its_chart(desk: Desk) -> None:
    entry = PatientEntry(HumanName("Otieno", "Maria"))
    maria = desk.record.write(patients.register, RegisterPatient(entry))
    desk.record.write(requests.receive, ReceiveRequest(maria, "access"))
    page = desk.open("privacy", PrivacyPage)
    (waits,) = tuple(page.waiting.facts)
    assert (waits.text, waits.sub) == ("See their own data", "OTIENO Maria")
    assert not page.over.facts
    desk.record.clock.advance(days=366 * 11)
    page.load()
    desk.idle()
    (over,) = tuple(page.over.facts)
    over.actions[0].run()
    assert desk.context.navigator.visited[-1] == to.Chart(maria, "privacy")  # type: ignore[attr-defined]


def test_the_years_are_the_owners_to_say(desk: Desk) -> None:
    page = desk.open("privacy", PrivacyPage)
    assert page.years.text() == "10"
    page.years.set_text("30")
    page._keep_rule()
    desk.idle()
    assert desk.record.read(retention.rule).years == 30


def test_rows_without_names_are_written_with_their_warning(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("privacy", PrivacyPage)
    page.write_rows(str(tmp_path / "out"))
    desk.until(page.result.isVisible)
    assert "does not take it away" in page.result.text()
    assert (tmp_path / "out" / "patient.csv").is_file()


def test_a_consent_text_is_written_in_its_drawer(desk: Desk) -> None:
    page = desk.open("consent-texts", ConsentTextsPage)
    page.open_line(None)
    form = desk.drawer(ConsentTextLine)
    form.title.setText("Your data")
    form.body.setPlainText("We keep it ten years.")
    form.submit(print_too=False)
    desk.idle()
    assert [row.version for row in page._rows.values()] == ["1"]
