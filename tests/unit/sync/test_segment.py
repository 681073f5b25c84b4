"""Segments: what was sealed is read back, and anything else is refused without effect."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from typing import Literal

import msgspec
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.db import causes
from clinic_desktop.db.commits import CheckpointRecord, CommitRecord
from clinic_desktop.security.primitives import Identity, sign
from clinic_desktop.sync import segment
from clinic_desktop.sync.keys import new_dek, subkey
from clinic_desktop.sync.segment import NEWEST, NewerFormatError, Origin, Segment, SegmentError

CLINIC, DEVICE = uuid.UUID(int=1), uuid.UUID(int=2)
KEYS, DEK = Identity.new(), new_dek()
ORIGIN = Origin(CLINIC, DEVICE, KEYS, 1, DEK)


def commit(number: int, body: bytes = b"\x92\x90\x90") -> CommitRecord:
    return CommitRecord(number, number << 16, number, None, "test", 11, b"\x80", body, bytes(32))


def checkpoint(dseq: int) -> CheckpointRecord:
    return CheckpointRecord(1, dseq, dseq << 16, dseq, bytes(32), bytes(64))


def log_of(count: int) -> list[CommitRecord]:
    """Commits that follow each other."""
    found: list[CommitRecord] = []
    for number in range(1, count + 1):
        bare = commit(number, bytes([number]))
        chain = bare.follows(found[-1].chain if found else bytes(32))
        found.append(msgspec.structs.replace(bare, chain=chain))
    return found


def resealed(
    plain: bytes, *, packed: bytes | None = None, version: Literal[1, 2] = 1, last: int = 1
) -> Segment:
    """What a holder of the key could make of any bytes: one part, commit 1 and those after it."""
    packed = zstd.compress(plain) if packed is None else packed
    header = segment.Header(version, CLINIC.bytes, DEVICE.bytes, 1, 1, last, 1, 1, 1, bytes(32))
    return segment._seal_part(header, packed, subkey(DEK, b"segment"), ORIGIN)


@given(
    st.lists(st.binary(max_size=3000), min_size=1, max_size=20),
    st.booleans(),
)
def test_what_was_sealed_comes_back(bodies: list[bytes], with_checkpoint: bool) -> None:
    commits = [commit(number, body) for number, body in enumerate(bodies, 4)]
    marks = [checkpoint(commits[-1].dseq)] if with_checkpoint else []
    made = segment.make(ORIGIN, commits, marks)
    read = [segment.read(each.raw) for each in made]
    assert read == made
    assert all(each.is_signed_by(KEYS.public.signing) for each in read)
    payload = segment.open_run(read, DEK)
    assert list(payload.commits) == commits
    assert list(payload.checkpoints) == marks


def test_chain_values_that_follow_from_the_commit_before_are_not_sent() -> None:
    commits = log_of(40)
    (made,) = segment.make(ORIGIN, commits, [])
    assert made.header.version == 2
    assert len(made.raw) < 40 * 32
    assert list(segment.open_run([segment.read(made.raw)], DEK).commits) == commits


def test_commits_that_say_which_they_build_on_are_of_a_version_of_their_own() -> None:
    deps = causes.encode({b"d" * 16: (7, bytes(32)), b"e" * 16: (8, None)})
    said = msgspec.structs.replace(commit(1), deps=deps)
    (made,) = segment.make(ORIGIN, [said], [])
    assert made.header.version == 3
    assert segment.open_run([segment.read(made.raw)], DEK).commits == (said,)
    numbers = msgspec.structs.replace(commit(1), deps=causes.encode({b"e" * 16: (8, None)}))
    assert segment.make(ORIGIN, [numbers], [])[0].header.version == 1


def test_a_chain_value_that_does_not_follow_is_sent_as_it_is() -> None:
    commits = log_of(5)
    commits[2] = msgspec.structs.replace(commits[2], body=b"changed on the disk")
    (made,) = segment.make(ORIGIN, commits, [])
    assert list(segment.open_run([made], DEK).commits) == commits


def test_what_an_erasure_left_still_has_its_chain_value() -> None:
    commits = log_of(5)
    commits[2] = msgspec.structs.replace(commits[2], body=b"", original=commits[2].covered)
    (made,) = segment.make(ORIGIN, commits, [])
    assert list(segment.open_run([made], DEK).commits) == commits


def test_segments_with_all_chain_values_are_read_too() -> None:
    commits = log_of(3)
    plain = msgspec.msgpack.encode([[msgspec.structs.astuple(each) for each in commits], []])
    for version in (1, 2):
        made = resealed(plain, version=version, last=3)
        assert list(segment.open_run([segment.read(made.raw)], DEK).commits) == commits


@pytest.mark.parametrize(("version", "at"), [(1, 1), (1, 0), (2, 0), (2, 2)])
def test_chain_values_lack_nowhere_else(version: Literal[1, 2], at: int) -> None:
    commits = log_of(3)
    commits[at] = msgspec.structs.replace(commits[at], chain=b"")
    plain = msgspec.msgpack.encode([[msgspec.structs.astuple(each) for each in commits], []])
    with pytest.raises(SegmentError, match="chain"):
        segment.open_run([resealed(plain, version=version, last=3)], DEK)


def test_segments_are_numbered_and_name_the_one_before() -> None:
    one = segment.make(ORIGIN, [commit(1)], [])[0]
    following = replace(ORIGIN, seg_no=one.header.seg_no, prev=one.hash)
    two = segment.make(following, [commit(2)], [])[0]
    assert (one.header.seg_no, one.header.prev) == (1, segment.BEGINNING)
    assert (two.header.seg_no, two.header.prev) == (2, one.hash)


def test_a_large_commit_goes_in_parts_that_are_needed_all_and_in_order() -> None:
    large = commit(1, os.urandom(200_000))
    parts = segment.make(ORIGIN, [large], [])
    assert [each.header.part for each in parts] == [1, 2, 3, 4]
    assert all(len(each.raw) <= segment.MAX_SEGMENT for each in parts)
    assert segment.open_run(parts, DEK).commits == (large,)
    for wrong in (parts[:-1], parts[1:], [parts[1], parts[0], *parts[2:]], [*parts, parts[-1]]):
        with pytest.raises(SegmentError):
            segment.open_run(wrong, DEK)


def test_a_day_of_work_is_cut_into_runs() -> None:
    day = [commit(number, os.urandom(100_000)) for number in range(1, 12)]
    made = segment.make(ORIGIN, day, [checkpoint(11)])
    runs = {(each.header.from_dseq, each.header.to_dseq) for each in made}
    assert len(runs) > 1
    found: list[CommitRecord] = []
    for first, last in sorted(runs):
        parts = [each for each in made if each.header.from_dseq == first]
        payload = segment.open_run(parts, DEK)
        assert bool(payload.checkpoints) == (last == 11)
        found += payload.commits
    assert found == day


def test_a_checkpoint_may_go_alone() -> None:
    made = segment.make(ORIGIN, [], [checkpoint(7)])
    assert segment.open_run(made, DEK).checkpoints == (checkpoint(7),)


def test_nothing_and_gaps_are_not_sealed() -> None:
    with pytest.raises(SegmentError, match="nothing"):
        segment.make(ORIGIN, [], [])
    with pytest.raises(SegmentError, match="gap"):
        segment.make(ORIGIN, [commit(1), commit(3)], [])
    with pytest.raises(SegmentError, match="too large"):
        segment.make(ORIGIN, [commit(1, bytes(segment.MAX_UNPACKED))], [])


def test_every_changed_byte_is_found() -> None:
    raw = segment.make(ORIGIN, [commit(1)], [checkpoint(1)])[0].raw
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert not _holds(bytes(changed)), place


def test_every_truncation_is_found() -> None:
    raw = segment.make(ORIGIN, [commit(1)], [])[0].raw
    for length in range(len(raw)):
        with pytest.raises(SegmentError):
            segment.read(raw[:length])
    with pytest.raises(SegmentError):
        segment.read(raw + b"\0")


def _holds(raw: bytes) -> bool:
    """Whether a reader would take these bytes for the PC's own."""
    try:
        found = segment.read(raw)
        if not found.is_signed_by(KEYS.public.signing):
            return False
        segment.open_run([found], DEK)
    except SegmentError:
        return False
    return True


def test_another_key_opens_nothing() -> None:
    made = segment.make(ORIGIN, [commit(1)], [])
    with pytest.raises(SegmentError, match="another key"):
        segment.open_run(made, new_dek())
    assert not made[0].is_signed_by(Identity.new().public.signing)


@pytest.mark.parametrize(
    "wrong",
    [
        {"clinic": uuid.UUID(int=9).bytes},
        {"device": uuid.UUID(int=9).bytes},
        {"seg_no": 2},
        {"to_dseq": 2},
        {"epoch": 2},
        {"prev": b"x" * 32},
    ],
)
def test_a_segment_cannot_be_moved_elsewhere(wrong: dict[str, object]) -> None:
    """Even somebody who can sign for the PC cannot seal what it sealed under another header."""
    made = segment.make(ORIGIN, [commit(1)], [])[0]
    header = msgspec.structs.replace(made.header, **wrong)
    packed = msgspec.msgpack.encode(header)
    signature = sign(KEYS, segment._statement(packed, made.sealed))
    moved = segment.read(msgspec.msgpack.encode([packed, made.sealed, signature]))
    assert moved.is_signed_by(KEYS.public.signing)
    with pytest.raises(SegmentError):
        segment.open_run([moved], DEK)


def test_bombs_do_not_go_off() -> None:
    bomb = zstd.compress(bytes(segment.MAX_UNPACKED * 8), 19)
    assert len(bomb) < segment.PART_BYTES
    with pytest.raises(SegmentError, match="too long unpacked"):
        segment.open_run([resealed(b"", packed=bomb)], DEK)
    deep = b"\x91" * 100_000 + b"\xc0"
    for plain in (deep, b"\x92\xdd\xff\xff\xff\xff\x90", b"\xdf\xff\xff\xff\xff", b"", b"\xc1"):
        with pytest.raises(SegmentError):
            segment.open_run([resealed(plain)], DEK)


def test_leftovers_and_wrong_frames_are_refused() -> None:
    plain = msgspec.msgpack.encode([[], []])
    whole = zstd.compress(plain)
    for packed in (whole + b"x", whole + whole, whole[:-1], b""):
        with pytest.raises(SegmentError):
            segment.open_run([resealed(b"", packed=packed)], DEK)
    with pytest.raises(SegmentError, match="other than the header"):
        segment.open_run([resealed(plain)], DEK)


def test_a_segment_may_not_be_written_in_two_ways() -> None:
    made = segment.make(ORIGIN, [commit(1)], [])[0]
    packed = msgspec.msgpack.encode(made.header)
    longer = b"\xdc\x00\x0a" + packed[1:]  # the same list with a longer length
    with pytest.raises(SegmentError, match="one way"):
        segment.read(msgspec.msgpack.encode([longer, made.sealed, made.signature]))


@given(st.binary(max_size=400))
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(SegmentError):
        segment.open_run([segment.read(raw)], DEK)


def test_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(SegmentError, match="too long"):
        segment.read(bytes(segment.MAX_SEGMENT + 1))


@given(st.integers(min_value=0, max_value=1 << 20))
def test_padding_hides_the_length_and_costs_little(length: int) -> None:
    padded = segment.padded_length(length)
    assert padded >= length
    assert padded <= length * 1.12 + 1
    assert segment.padded_length(padded) == padded


def test_equally_long_contents_look_alike() -> None:
    """The size tells one of few classes, whatever the words."""
    sizes = {
        len(segment.make(ORIGIN, [commit(1, os.urandom(900 + spare))], [])[0].raw)
        for spare in range(40)
    }
    assert len(sizes) <= 3


def test_a_version_to_come_is_told_from_what_is_no_segment() -> None:
    def with_header(*parts: object) -> bytes:
        packed = msgspec.msgpack.encode(parts)
        signature = sign(KEYS, segment._statement(packed, b"x"))
        return msgspec.msgpack.encode([packed, b"x", signature])

    with pytest.raises(NewerFormatError) as caught:
        segment.read(with_header(NEWEST + 1, CLINIC.bytes, DEVICE.bytes, 7, {"new": 1}))
    found = caught.value.newer
    assert (found.header.device, found.header.seg_no) == (DEVICE.bytes, 7)
    assert found.is_signed_by(KEYS.public.signing)
    assert not found.is_signed_by(Identity.new().public.signing)
    for wrong in (
        (0, CLINIC.bytes, DEVICE.bytes, 7),
        (NEWEST + 1, b"short", DEVICE.bytes, 7),
        (NEWEST + 1,),
        (),
    ):
        with pytest.raises(SegmentError) as other:
            segment.read(with_header(*wrong))
        assert not isinstance(other.value, NewerFormatError)
