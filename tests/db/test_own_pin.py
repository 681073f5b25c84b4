"""The own PIN is kept, and removed again."""

from __future__ import annotations

from clinic_desktop.services import own_pin
from tests.support.records import Record


def test_a_pin_is_kept_and_removed(record: Record) -> None:
    assert record.read(own_pin.kept_pins) == {}
    record.write(own_pin.set_pin, "274916")
    assert set(record.read(own_pin.kept_pins)) == {record.owner.user_id}
    record.write(own_pin.set_pin, "")
    assert record.read(own_pin.kept_pins) == {}
