"""Another PC was updated first: what this one cannot read waits, and a sentence says for what."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NewerProgramError, ServerError
from clinic_desktop.security.primitives import Identity, sign
from clinic_desktop.sync import bundle, segment, state
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.keys import Courier
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_lying_server import LyingLink, with_segments

NEWER = segment.NEWEST + 1


def keys_of(pc: Clinic) -> Courier:
    clinic = pc.keys.vault.clinic
    return pc.store.write(SYSTEM, lambda uow: state.me(uow.cursor, clinic)).result()


def newer(raw: bytes, keys: Identity) -> bytes:
    """The same segment as a program to come may seal it: another header, and who knows what."""
    old = segment.read(raw).header
    header = msgspec.msgpack.encode([NEWER, old.clinic, old.device, old.seg_no, {"new": [1, 2]}])
    sealed = b"sealed in another way"
    signature = sign(keys, segment._statement(header, sealed))
    return msgspec.msgpack.encode([header, sealed, signature])


def with_newer(pc: Clinic, keys: Identity) -> Callable[[tuple[bytes, ...]], tuple[bytes, ...]]:
    """What this PC made is of a format to come."""
    device = keys_of(pc).device

    def change(all_: tuple[bytes, ...]) -> tuple[bytes, ...]:
        return tuple(
            newer(raw, keys) if segment.read(raw).device == device else raw for raw in all_
        )

    return change


def names(pc: Clinic) -> list[object]:
    return [row[1] for row in patients(pc)]


def test_a_pc_that_was_updated_first_holds_up_nobody_else(practice: Practice, back: Clinic) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    for name in ("Ada", "Amina"):
        add_patient(front, name)
        sync(front)
    add_patient(third, "Cleo")
    sync(third)
    add_patient(back, "Bea")
    tip = "SELECT seg_tip FROM sync_device ORDER BY dev"
    change = with_segments(with_newer(front, keys_of(front).keys))
    for _again in range(2):
        with closing(link_of(back.store)) as link, pytest.raises(NewerProgramError) as caught:
            Exchange(back.store, LyingLink(link, change)).run()  # type: ignore[arg-type]
        assert "newer version of this program" in caught.value.message
        assert "Update" in caught.value.hint
        assert names(back) == ["Bea", "Cleo"]
    status = Syncing(back).status()
    assert (status.open.to_send, status.last_error) == (0, "newer-program")
    sync(front)
    assert names(front) == ["Ada", "Amina", "Bea", "Cleo"]
    assert rows(back, tip) != rows(front, tip)
    sync(back)  # updated
    assert patients(back) == patients(front)
    assert Syncing(back).status().open.kept_out == 0


def test_no_server_makes_a_program_seem_old(practice: Practice, back: Clinic) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front)
    false = with_segments(with_newer(practice.front, Identity.new()))
    with closing(link_of(back.store)) as link, pytest.raises(ServerError, match="cannot be"):
        Exchange(back.store, LyingLink(link, false)).run()  # type: ignore[arg-type]
    gap = with_segments(lambda all_: with_newer(practice.front, keys_of(practice.front).keys)(
        all_[1:]))  # fmt: skip
    add_patient(practice.front, "Amina")
    sync(practice.front)
    with closing(link_of(back.store)) as link, pytest.raises(ServerError, match="cannot be"):
        Exchange(back.store, LyingLink(link, gap)).run()  # type: ignore[arg-type]
    sync(back)
    assert names(back) == ["Ada", "Amina"]


def test_on_a_stick_it_is_said_too(
    practice: Practice, back: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_patient(practice.front, "Ada")
    written = tmp_path / f"clinic{bundle.SUFFIX}"
    export_bundle(practice.front, written)
    keys, read = keys_of(practice.front).keys, segment.read
    monkeypatch.setattr(segment, "read", lambda raw: read(newer_of(raw)))

    def newer_of(raw: bytes) -> bytes:
        monkeypatch.undo()
        return newer(raw, keys)

    with pytest.raises(NewerProgramError, match="newer version"):
        import_bundle(back, written)
    assert names(back) == []
    import_bundle(back, written)
    assert names(back) == ["Ada"]
