"""What is said in the window once the recovery sheet let somebody in."""

from __future__ import annotations

from clinic_desktop.after_sheet import of_other_pcs
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.i18n import _
from clinic_desktop.services.people import everybody
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Settings


def ask_for_new_sheet(context: Context, opened: Clinic) -> None:
    """The sheet was out of its safe; where the key store was lost, so are passwords."""
    found = opened.store.read(SYSTEM, everybody).result()
    let_in = {slot.user for slot in opened.keys.vault.slots}
    text = _("This sheet was used: print a new one.")
    if any(person.is_active and person.id not in let_in for person in found):
        text = _("This sheet was used: print a new one, and give the others new passwords.")
    verb, elsewhere = _("Make a new sheet"), of_other_pcs(opened.store)

    def make() -> None:
        context.navigator.open(Settings("recovery"))

    # A drawer, for it must not fade, nor be replaced by what is said next.
    words = " ".join((*elsewhere, text))
    context.host.confirm(_("The recovery sheet let you in"), words, verb, make)
