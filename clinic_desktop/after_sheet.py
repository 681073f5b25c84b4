"""What an owner should know whom the recovery sheet let in at one of several PCs."""

from __future__ import annotations

from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.i18n import _
from clinic_desktop.services.devices import has_others


def of_other_pcs(store: Store) -> tuple[str, ...]:
    """What goes on elsewhere; nothing where this is the only PC."""
    if not store.read(SYSTEM, has_others).result():
        return ()
    return (
        _("At the other PCs the former password goes on until it is changed there."),
        _("If somebody else knows it, change it at each of them, or take that PC out."),
    )
