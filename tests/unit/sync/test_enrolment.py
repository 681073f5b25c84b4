"""The letters of a PC that joins, also those of programs before."""

from __future__ import annotations

import msgspec
import pytest

from clinic_desktop.security.primitives import Identity, UnreadableError, seal, seal_to
from clinic_desktop.sync.enrolment import Invitation, KnownPc, Request, Welcome

ME = Identity.new()
PUBLIC = ME.public
WELCOME = Welcome(
    1, bytes(16), "Clinic", "AB", bytes(32), b"", (KnownPc(bytes(16), bytes(32), "A", False),),
    bytes(16), "ana", "Dr Ana", bytes(64),
)  # fmt: skip


@pytest.mark.parametrize("login", ["", "ana", "Аня"])
def test_a_letter_is_read_as_it_was_written(login: str) -> None:
    made = Invitation.new()
    request = Request(1, bytes(16), PUBLIC.signing, PUBLIC.sealing, "PC", login)
    assert made.read_request(made.write_request(request)) == request
    answer = made.write_welcome(WELCOME, request)
    assert made.read_welcome(answer, request, ME) == WELCOME
    other = msgspec.structs.replace(request, login="bob")
    with pytest.raises(UnreadableError):
        made.read_welcome(answer, other, ME)


def test_a_letter_of_a_program_before_is_read_and_answered() -> None:
    made, mark = Invitation.new(), b"clinic-desktop enrolment 1"
    old = msgspec.msgpack.encode([1, bytes(16), PUBLIC.signing, PUBLIC.sealing, "PC"])
    letter = seal(made._key(b"request"), old, mark)
    request = made.read_request(letter)
    assert (request.name, request.login) == ("PC", "")
    sealed = seal_to(PUBLIC.sealing, msgspec.msgpack.encode(WELCOME), mark + old)
    answer = seal(made._key(b"welcome"), sealed, mark)
    assert made.read_welcome(answer, request, ME) == WELCOME
