"""Data keys go to one PC, from one PC, or nowhere."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.security.primitives import Identity, UnreadableError
from clinic_desktop.sync.keys import (
    Courier,
    new_dek,
    open_dek,
    read_sealed,
    seal_dek,
    subkey,
)

CLINIC = uuid.UUID(int=1)
FRONT = Courier(CLINIC, uuid.UUID(int=2), Identity.new())
BACK = Courier(CLINIC, uuid.UUID(int=3), Identity.new())
DEK = new_dek()


def sealed(sender: Courier = FRONT, epoch: int = 4) -> bytes:
    return seal_dek(sender, epoch, DEK, BACK.device, BACK.keys.public.sealing)


def test_the_other_pc_opens_it_and_nobody_else() -> None:
    found = read_sealed(sealed())
    assert found.epoch == 4
    assert open_dek(found, BACK, FRONT.keys.public.signing) == DEK
    stranger = Courier(CLINIC, BACK.device, Identity.new())
    elsewhere = Courier(uuid.UUID(int=9), BACK.device, BACK.keys)
    for me in (FRONT, stranger, elsewhere):
        with pytest.raises(UnreadableError):
            open_dek(found, me, FRONT.keys.public.signing)


def test_a_key_of_the_servers_making_is_refused() -> None:
    """The server knows the box key of each PC and can seal to it; it cannot sign for one."""
    server = Courier(CLINIC, FRONT.device, Identity.new())
    with pytest.raises(UnreadableError):
        open_dek(read_sealed(sealed(server)), BACK, FRONT.keys.public.signing)


def test_every_changed_byte_is_found() -> None:
    raw = sealed()
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(UnreadableError):
            open_dek(read_sealed(bytes(changed)), BACK, FRONT.keys.public.signing)
    for length in range(len(raw)):
        with pytest.raises(UnreadableError):
            read_sealed(raw[:length])


def test_purposes_have_keys_of_their_own() -> None:
    assert subkey(DEK, b"segment") != subkey(DEK, b"mail") != DEK
