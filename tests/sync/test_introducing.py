"""PCs that an owner stated before the chain of members told of them."""

from __future__ import annotations

import uuid

from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import known_pcs
from clinic_desktop.sync.statements import DeviceKeys, Introduced
from tests.sync.conftest import Practice, rows


def test_a_pc_that_is_stated_again_stays_as_it_is(practice: Practice) -> None:
    """Statements come whole each time: one that is known already must not stand in the way."""
    front = practice.front
    first, second = (_stated() for _each in range(2))
    for told in ([first], [first], [first, second], [second, first]):
        _say(front, told)
    known = rows(front, "SELECT device_id, status FROM sync_device WHERE status = 'stated'")
    assert sorted(known) == sorted((each.keys.id, known_pcs.STATED) for each in (first, second))


def _stated() -> Introduced:
    public = Identity.new().public
    keys = DeviceKeys(uuid.uuid4().bytes, public.signing, public.sealing)
    return Introduced(keys, has_ended=False)


def _say(pc: Clinic, told: list[Introduced]) -> None:
    pc.store.write(SYSTEM, lambda uow: known_pcs.state_devices(uow.cursor, told)).result(60)
