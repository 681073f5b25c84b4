"""A thermal printer among the printers of this PC."""

from __future__ import annotations

from PySide6.QtTest import QTest

from clinic_desktop.services import drafts
from clinic_desktop.services.papers import printers
from clinic_desktop.ui.settings.printers_page import PrintersPage
from tests.support.thermal_printer import KICK, READY, decoded, thermal_printer
from tests.ui.settings.conftest import Desk
from tests.ui.settings.test_settings import choose, retype


def test_a_thermal_printer_is_reached_by_its_address(desk: Desk) -> None:
    page = desk.open("printers", PrintersPage)
    desk.until(lambda: bool(page.map.rows) and page.map.rows["receipt"].isVisible())
    assert page.map.rows["invoice"].printer.findText("Thermal printer (ESC/POS)…") == -1
    row = page.map.rows["receipt"]
    choose(row.paper, "a5")
    with thermal_printer(READY) as printer:
        choose(row.printer, "ask-thermal")
        assert row.address.isVisible()
        retype(row.address, printer.address)
        desk.idle()
        kept = desk.record.read(printers.choice, "receipt")
        assert (kept.printer, kept.paper) == (f"thermal:{printer.address}", "roll-80")
        assert row.printer.currentText() == "Thermal printer (ESC/POS)"
        row.drawer.click()
        desk.idle()
        assert desk.record.read(printers.choice, "receipt").opens_drawer
        with desk.qtbot.waitSignal(page.map.said):
            row.test.click()
    assert len(decoded(printer.jobs[0])) == 1
    assert KICK in printer.jobs[0]
    assert not page.map.rows["appointment-slip"].drawer.isVisible()
    retype(row.address, "desk:port")
    desk.until(lambda: "no address" in page.map._notice.accessibleName())
    retype(row.address, "")
    assert row.address.text() == "desk:port"
    choose(row.printer, "")
    desk.idle()
    assert not row.address.isVisible()
    assert not row.drawer.isVisible()
    assert "a5" in [row.paper.itemData(at) for at in range(row.paper.count())]


def test_an_address_half_typed_is_there_again_when_the_record_was_closed(desk: Desk) -> None:
    page = desk.open("printers", PrintersPage)
    desk.until(lambda: bool(page.map.rows))
    row = page.map.rows["receipt"]
    choose(row.printer, "ask-thermal")
    QTest.keyClicks(row.address, "192.168.1")
    desk.context.tasks.closing.emit()
    desk.idle()
    assert [each.kind for each in desk.record.read(drafts.my_drafts)] == ["printer"]
    assert not desk.record.read(printers.choice, "receipt").printer
    row.address.blockSignals(True)

    again = PrintersPage(desk.context)
    desk.qtbot.addWidget(again)
    again.show()
    again.load()
    desk.until(lambda: bool(again.map.rows))
    given = again.map.rows["receipt"]
    desk.until(lambda: given.address.text() == "192.168.1")
    assert given.address.isVisible()
    QTest.keyClicks(given.address, ".50")
    given.address.editingFinished.emit()
    desk.until(
        lambda: desk.record.read(printers.choice, "receipt").printer == "thermal:192.168.1.50"
    )
    desk.idle()
    assert desk.record.read(drafts.my_drafts) == []


def test_an_address_being_typed_outlives_a_new_reading_of_the_printers(desk: Desk) -> None:
    page = desk.open("printers", PrintersPage)
    desk.until(lambda: bool(page.map.rows) and page.map.rows["receipt"].isVisible())
    row = page.map.rows["receipt"]
    choose(row.printer, "ask-thermal")
    row.address.insert("192.168.1.")
    page.map.load()
    desk.until(lambda: page.map.rows["receipt"] is not row)
    again = page.map.rows["receipt"].address
    assert (again.text(), again.isVisible()) == ("192.168.1.", True)
    again.insert("50")
    again.editingFinished.emit()
    desk.idle()
    assert desk.record.read(printers.choice, "receipt").printer == "thermal:192.168.1.50"
