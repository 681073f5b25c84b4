"""This PC as it writes and takes bundles: with its own keys, and as no older state of another."""

from __future__ import annotations

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.errors import CopiedRecordError, SetupError
from clinic_desktop.i18n import _
from clinic_desktop.renewing import begin_anew_by_stick
from clinic_desktop.sync import state, taking
from clinic_desktop.sync.connecting import has_no_line
from clinic_desktop.sync.keys import Courier


def be_itself(opened: Clinic) -> None:
    """A record that knows that it is an older state goes on as another PC first.

    Raises:
        CopiedRecordError: nobody is here to say so, or a server has to hear of it.
    """
    try:
        opened.store.read(SYSTEM, taking.refuse_copy).result()
    except CopiedRecordError:
        if not may_begin_anew(opened):
            raise
        begin_anew_by_stick(opened)


def may_begin_anew(opened: Clinic) -> bool:
    """Whether an owner is here to say so, and no server has to hear of it."""
    is_by_stick = opened.store.read(SYSTEM, has_no_line).result()
    return is_by_stick and allowed(opened.actor, "device.approve")


def this_pc(store: Store) -> Courier:
    """This PC with its private keys.

    Raises:
        SetupError: it exchanges with nobody.
    """
    found = store.write(SYSTEM, _own_keys).result()
    if found is None:
        raise SetupError(
            _("This PC exchanges with no other PC yet."),
            hint=_("Let another PC join first: through a server, a hub, or by a stick."),
        )
    return found


def _own_keys(uow: UnitOfWork) -> Courier | None:
    found = state.peer(uow.cursor)
    return state.me(uow.cursor, found.settings.clinic) if found is not None else None
