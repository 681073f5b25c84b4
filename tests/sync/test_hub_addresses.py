"""A hub's address that an owner types at one PC reaches the PCs that belong already."""

from __future__ import annotations

import pytest

from clinic_desktop import hub, using_hubs
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import NotFoundError, ServerError
from clinic_desktop.services import hub_addresses
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, sync
from tests.sync.test_hub import hub_at, names


def in_the_network(port: int) -> str:
    """As other PCs would type it; the loop itself is told to nobody."""
    return f"127.0.0.2:{port}"


def test_it_is_used_by_pcs_where_nobody_typed_it(practice: Practice, back: Clinic) -> None:
    third, front = practice.new_pc("third"), practice.front
    sync(front, back, third)
    with hub_at(front) as opened:
        url = f"lan://{in_the_network(opened.port)}"
        using_hubs.use(back, in_the_network(opened.port))
        sync(back, third)
        assert hub.status(third).hubs == ()  # it looks with the next pass
        Syncing(third).run()
        assert hub.status(third).hubs == (url,)
        practice.server.stop()
        add_patient(front, "Ada")
        for pc in (front, third):
            with pytest.raises(ServerError):  # of the server; the hub was met before
                Syncing(pc).run()
        assert names(third) == ["Ada"]
        practice.server.start()
        using_hubs.forget(back, url)
        sync(back, third, third)
        assert hub.status(back).hubs == hub.status(third).hubs == ()
        with pytest.raises(NotFoundError):
            using_hubs.forget(third, url)


def test_the_hub_itself_does_not_use_its_own_address_twice(
    practice: Practice, back: Clinic
) -> None:
    front = practice.front
    sync(front, back)
    with hub_at(front):
        mine = hub.status(front).address
        back.store.write(back.actor, hub_addresses.tell, mine).result(60)
        sync(back, front, front)
        assert hub.status(front).hubs == ()


def test_an_address_on_this_pc_itself_is_told_to_nobody(practice: Practice, back: Clinic) -> None:
    sync(practice.front, back)
    with hub_at(practice.front) as opened:
        using_hubs.use(back, f"127.0.0.1:{opened.port}")
        assert back.store.read(back.actor, hub_addresses.told).result(60) == ()


def test_what_is_no_address_of_a_hub_is_passed_over(practice: Practice) -> None:
    """Another PC may have written anything."""
    front = practice.front
    for url in ("lan://", "https://elsewhere.example", "lan://host:99999999", "x" * 500, "lan://a"):
        front.store.write(front.actor, hub_addresses.tell, url).result(60)
    using_hubs.learn(front.store)
    assert hub.status(front).hubs == ("lan://a",)


def test_a_pc_that_was_made_to_forget_one_does_not_take_it_up_again(practice: Practice) -> None:
    front = practice.front
    front.store.write(front.actor, hub_addresses.tell, "lan://a").result(60)
    using_hubs.learn(front.store)
    front.store.write(front.actor, using_hubs._forget, "lan://a").result(60)
    using_hubs.learn(front.store)
    assert hub.status(front).hubs == ()
