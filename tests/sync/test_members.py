"""PCs that come and go, while other owners' PCs are behind or the server is away."""

from __future__ import annotations

from contextlib import closing

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.services import devices
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.exchange import link_of
from clinic_desktop.sync.registering import register
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, sync

NOWHERE = Address("http://127.0.0.1:9")


def test_an_owner_who_is_behind_takes_no_new_pc_out(practice: Practice, back: Clinic) -> None:
    stale = back.store.read(SYSTEM, chain.current).result()
    assert stale is not None
    third = practice.new_pc("third")
    with closing(link_of(back.store)) as link:
        register(link, stale, back.keys.identity)
    add_patient(third, "Ada")
    sync(third)
    gone = next(each.id for each in third.store.read(third.actor, devices.pcs).result()
                if each.is_this)  # fmt: skip
    Syncing(back).revoke(gone)  # of which it had not heard until now
    assert [row[1] for row in patients(back)] == ["Ada"]


def test_a_server_that_does_not_answer_replaces_none(practice: Practice) -> None:
    front = practice.front
    with pytest.raises(ServerError):
        Syncing(front).set_up(NOWHERE)
    assert Syncing(front).status().server == practice.server.url
    add_patient(front, "Ada")
    assert Syncing(front).run().sent > 0
