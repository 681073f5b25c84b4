"""Unsaved words: kept per person and form, on this PC only."""

from __future__ import annotations

import pytest

from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import RuleError
from clinic_desktop.services import drafts
from tests.support.records import Record


def test_draft_is_replaced_found_and_forgotten(record: Record) -> None:
    record.write(drafts.save_draft, "visit", "a", {"plan": "rest"})
    record.clock.advance(seconds=5)
    saved_at = record.write(drafts.save_draft, "visit", "a", {"plan": "rest, fluids"})
    found = record.read(drafts.load_draft, "visit", "a")
    assert found is not None
    assert (found.body, found.saved_at) == ({"plan": "rest, fluids"}, saved_at)
    assert record.read(drafts.load_draft, "visit", "b") is None
    record.write(drafts.discard_draft, "visit", "a")
    assert record.read(drafts.my_drafts) == []


def test_drafts_of_others_are_not_mine(record: Record) -> None:
    record.write(drafts.save_draft, "visit", "a", {"plan": "mine"})
    other = record.as_role("nurse")
    record.store.write(other, drafts.save_draft, "visit", "a", {"plan": "theirs"}).result()
    assert [each.body["plan"] for each in record.read(drafts.my_drafts)] == ["mine"]
    found = record.store.read(other, drafts.load_draft, "visit", "a").result()
    assert found is not None
    assert found.body == {"plan": "theirs"}


def test_drafts_never_enter_the_log(record: Record) -> None:
    before = record.rows("SELECT count(*) FROM sync_commit")
    record.write(drafts.save_draft, "visit", "a", {"plan": "rest"})
    assert record.rows("SELECT count(*) FROM sync_commit") == before


def test_the_program_itself_has_no_drafts(record: Record) -> None:
    with pytest.raises(RuleError):
        record.store.write(SYSTEM, drafts.save_draft, "visit", "a", {}).result()
