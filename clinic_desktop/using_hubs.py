"""Hubs of other PCs in the house: finding one, using it beside the server, a pass with each."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from typing import Final

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.errors import (
    CopiedRecordError,
    NotFoundError,
    ServerError,
    SetupError,
    ValidationError,
)
from clinic_desktop.hub import HubStatus, deks, for_others, own_url, settings_of, status
from clinic_desktop.i18n import _
from clinic_desktop.services import hub_addresses
from clinic_desktop.services.access import require
from clinic_desktop.sync import nearby, state
from clinic_desktop.sync.client import NEAR_CONNECT_S, Address, Link
from clinic_desktop.sync.connecting import has_no_line, link_to, server_if_any
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.files import FileTurn
from clinic_desktop.sync.pinned import NEAR

_MOST_HUBS: Final = 8


def use(opened: Clinic, typed: str = "") -> HubStatus:
    """Use a hub beside the server from now on: the one at this address, or those that answer.

    An address that an owner types is told to all PCs of the practice, unless it is this PC's loop.

    Raises:
        SetupError: this PC belongs to no practice with others yet.
        NotFoundError: no hub of the practice answers in this network.
        ServerError: what keeps this PC from the one at the address.
    """
    require(opened.actor, "sync.run")
    store = opened.store
    if typed:
        url = typed if typed.startswith(f"{NEAR}://") else f"{NEAR}://{typed}"
        check(store, url)
        found = [url]
    else:
        found = search(store)
        if not found:
            raise NotFoundError(
                _("No hub of the practice answers in this network."),
                hint=_("Look whether Clinic Desktop is open at the hub. Some networks keep PCs "
                       "from asking all at once: then type the address that is shown at the hub."),
            )  # fmt: skip
    store.write(SYSTEM, _remember, found).result()
    if typed and allowed(opened.actor, "device.approve") and for_others(found[0]) == found[0]:
        store.write(opened.actor, hub_addresses.tell, found[0]).result()
    return status(opened)


def forget(opened: Clinic, url: str) -> HubStatus:
    """Use a hub no more; an address that was told to all PCs an owner takes back for all.

    Raises:
        NotFoundError: it was not used.
    """
    require(opened.actor, "sync.run")
    is_told = url in opened.store.read(SYSTEM, hub_addresses.told).result()
    if url not in status(opened).hubs and not is_told:
        raise NotFoundError(_("This PC uses no such hub."))
    opened.store.write(SYSTEM, _forget, url).result()
    if is_told and allowed(opened.actor, "device.approve"):
        opened.store.write(opened.actor, hub_addresses.take_back, url).result()
    return status(opened)


def learn(store: Store) -> None:
    """Use the hubs that an owner told all PCs of since, and no more those that were taken back.

    What this PC was made to forget by hand stays so until it is told anew.
    """
    if store.read(SYSTEM, _has_heard).result():
        store.write(SYSTEM, _take_over).result()


def meet_nearby(store: Store, watched: Callable[[Link], AbstractContextManager[Link]]) -> int:
    """A pass with each hub beside the server; how many changes came of it.

    One that is away is looked for in the network once: its address may be another today. That is
    so for a hub that stands for the server, too.
    """
    learn(store)
    _follow(store, watched)
    settings = settings_of(store)
    hubs = list(settings.hubs) if settings is not None else []
    received, has_looked = 0, False
    for url in hubs:  # grows while it is gone through
        try:
            with watched(link_to(store, Address(url))) as link:
                link.call("GET", "/v1/health")  # a pass asks several times before it gives up
                received += Exchange(store, link, beside=True).run().received
                FileTurn(store, link, beside=True).run()
        except CopiedRecordError:
            if settings is None or store.read(SYSTEM, has_no_line).result():
                raise
            # The server knows whether it is so; what a hub was brought may be a copy's.
        except ServerError:
            if not has_looked:
                has_looked = True
                new = [each for each in search(store) if each not in hubs]
                store.write(SYSTEM, _remember, new).result()
                hubs += new
    return received


def _follow(store: Store, watched: Callable[[Link], AbstractContextManager[Link]]) -> None:
    """Where a hub stands for the server and has another address today, use that one."""
    found = store.read(SYSTEM, server_if_any).result()
    if (
        found is None
        or found.url == state.NO_LINE
        or not Address(found.url).is_near
        or found.url == own_url(found.settings.hub_port)
    ):
        return
    with suppress(ServerError), watched(link_to(store, Address(found.url))) as link:
        link.call("GET", "/v1/health")
        return
    for url in search(store)[:1]:
        store.write(SYSTEM, _move, url).result()


def hubs_beside(found: state.Peer | None, url: str) -> tuple[str, ...]:
    """The hubs to use beside a server that is set up now; one that stood for it is among them."""
    if found is None or found.url == state.NO_LINE:
        return found.settings.hubs if found is not None else ()
    stood = (found.url,) if Address(found.url).is_near else ()
    return tuple(each for each in dict.fromkeys((*stood, *found.settings.hubs)) if each != url)


def search(store: Store) -> list[str]:
    """Addresses of the practice's hubs that answer in this network."""
    return nearby.find(store.read(SYSTEM, deks).result(), store.clock)


def check(store: Store, url: str) -> None:
    """Look whether a hub of the practice answers, and if not, what is in the way.

    Raises:
        ServerError: with what to do.
        ValidationError: this is no address.
    """
    place = Address(url).place
    try:
        socket.create_connection(place, NEAR_CONNECT_S).close()
    except ConnectionRefusedError as error:
        raise _in_the_way(
            _("The PC at {address} answers, but no hub is open there."),
            _("Open Clinic Desktop at that PC and switch the hub on; check the port."),
            url,
        ) from error
    except TimeoutError as error:
        raise _in_the_way(
            _("Nothing answers at {address}."),
            _("Either that PC is off or in another network, or its firewall blocks it: allow "
              "Clinic Desktop there in private networks, TCP port {port}."),
            url,
        ) from error  # fmt: skip
    except OSError as error:
        raise _in_the_way(
            _("This PC finds no way to {address}."),
            _("Check the cable or the wireless network, and the address. A network for guests "
              "keeps its PCs apart."),
            url,
        ) from error  # fmt: skip
    with closing(link_to(store, Address(url))) as link:
        link.call("GET", "/v1/health")


def _in_the_way(what: str, hint: str, url: str) -> ServerError:
    host, port = Address(url).place
    return ServerError(
        what.format(address=f"{host}:{port}"),
        kept=_("Nothing was lost: what is here goes out at the next try."),
        hint=hint.format(port=port),
    )


def _remember(uow: UnitOfWork, urls: list[str]) -> None:
    """Use these hubs too, the newest first; the server in use is none beside itself.

    Raises:
        SetupError: this PC belongs to no practice with others yet.
    """
    found = state.peer(uow.cursor)
    if found is None:
        raise SetupError(
            _("This PC exchanges with no other PC yet."),
            hint=_("Join the practice first, with the code that another PC shows."),
        )
    hubs = [each for each in dict.fromkeys((*urls, *found.settings.hubs)) if each != found.url]
    state.change_settings(uow.cursor, hubs=tuple(hubs[:_MOST_HUBS]))


def _has_heard(reads: ReadSession) -> bool:
    found = state.peer(reads.cursor)
    return found is not None and found.settings.told_hubs != hub_addresses.told(reads)


def _take_over(uow: UnitOfWork) -> None:
    found, told = state.peer(uow.cursor), hub_addresses.told(uow)
    if found is None:
        return
    before, mine = found.settings.told_hubs, for_others(own_url(found.settings.hub_port))
    fresh = [each for each in told if each not in before and _is_hub(each, mine)]
    gone = set(before).difference(told)
    state.change_settings(
        uow.cursor,
        told_hubs=told,
        hubs=tuple(each for each in found.settings.hubs if each not in gone),
    )
    _remember(uow, fresh)


def _is_hub(url: str, mine: str) -> bool:
    """Whether it is the address of another PC's hub: anybody may have written it down."""
    try:
        return Address(url).is_near and Address(url).place != Address(mine).place
    except ValidationError:
        return False


def _move(uow: UnitOfWork, url: str) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        state.use_peer(uow.cursor, url, found.settings)


def _forget(uow: UnitOfWork, url: str) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        hubs = tuple(each for each in found.settings.hubs if each != url)
        state.change_settings(uow.cursor, hubs=hubs)
