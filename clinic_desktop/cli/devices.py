"""The PCs of the practice: ``device``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import new_password, open_clinic
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.clinic import Clinic
    from clinic_desktop.config import DataDir
    from clinic_desktop.services.devices import Pc
    from clinic_desktop.syncing import Syncing

AT = "@"
"""Between an invitation and where it is taken."""
CODES = {
    3: "No such PC, no open invitation, or the new PC has not answered yet.",
    12: "No server was set up.",
    22: "The server is away, refuses, or says what cannot be; nothing was lost.",
    23: "The record is a copy, or an older state, of one that went on elsewhere.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``device`` with its actions."""
    device = exit_codes.add_parser(
        commands, "device", "device", CODES, help="the PCs of the practice"
    )
    actions = device.add_subparsers(dest="action", metavar="ACTION", required=True)
    listed = actions.add_parser("list", parents=[common], help="which there are")
    listed.set_defaults(run=_list)
    invite = actions.add_parser("invite", parents=[common], help="let one more join")
    invite.set_defaults(run=_invite)
    approve = actions.add_parser("approve", parents=[common], help="let the PC in that answered")
    approve.add_argument("digits", help="the six digits, or the code, that the new PC shows")
    approve.add_argument(
        "--asked", type=Path, metavar="FILE", help="the request that the new PC wrote to a stick"
    )
    approve.add_argument(
        "--answer", type=Path, metavar="FILE", help="where to write what the new PC needs"
    )
    approve.set_defaults(run=_approve)
    carry = actions.add_parser("carry", parents=[common], help="send your own way in to another PC")
    carry.add_argument("id", help="of “device list”, or its beginning")
    carry.set_defaults(run=_carry)
    admit = actions.add_parser(
        "admit", parents=[common], help="let somebody in here who sent the way in"
    )
    admit.add_argument("login")
    admit.set_defaults(run=_admit)
    confirm = actions.add_parser(
        "confirm", parents=[common], help="stand for a PC that came by itself"
    )
    confirm.add_argument("id", help="of “device list”, or its beginning")
    confirm.set_defaults(run=_confirm)
    revoke = actions.add_parser("revoke", parents=[common], help="take a lost or sold PC out")
    revoke.add_argument("id", help="of “device list”, or its beginning")
    revoke.set_defaults(run=_revoke)


def _list(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.devices import came_by_itself, pcs

    with open_clinic(options, data_dir) as opened:
        found = opened.store.read(opened.actor, pcs).result()
    output.result(
        {
            "devices": [
                {
                    "id": each.id, "name": each.name, "prefix": each.prefix,
                    "is_this": each.is_this, "active": each.is_active,
                    "by_itself": each.by_itself,
                    "unconfirmed": each.is_waiting,
                    "last_work": each.last_work.isoformat() if each.last_work else "",
                }
                for each in found
            ]
        },
        *(f"{each.id}  {each.prefix}  {each.name}  {_state(each)}".rstrip() for each in found),
        *(came_by_itself(each) for each in found if each.is_waiting and not each.is_this),
    )  # fmt: skip


def _state(each: Pc) -> str:
    words = _("(this PC)") if each.is_this else ""
    if each.is_waiting:
        return f"{words} {_('(came by itself, and waits to be confirmed)')}".strip()
    return words if each.is_active else _("(taken out)")


def _invite(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import for_others
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        syncing = Syncing(opened)
        code = f"{syncing.invite().code}{AT}{for_others(syncing.status().server)}"
    output.result(
        {"code": code},
        code,
        _("Type it at the new PC within an hour: clinic-desktop join CODE --user LOGIN"),
        _("Then type the six digits that it shows here: clinic-desktop device approve DIGITS"),
    )


def _approve(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    if bool(options.asked) != bool(options.answer):
        raise ValidationError("asked", _("Give both files, --asked and --answer."))
    with open_clinic(options, data_dir) as opened:
        if options.asked:
            _approve_by_stick(Syncing(opened), options, output)
            return
        device = Syncing(opened).approve(options.digits)
    output.result(
        {"id": device.id, "name": device.name},
        _("{name} belongs to the practice now.").format(name=device.name),
        str(device.id),
    )


def _approve_by_stick(syncing: Syncing, options: argparse.Namespace, output: Output) -> None:
    made = syncing.approve_by_stick(options.asked, options.digits, options.answer)
    output.result(
        {
            "id": made.device.id,
            "name": made.device.name,
            "file": str(options.answer),
            "bytes": made.written.size,
        },
        _("{name} belongs to the practice now.").format(name=made.device.name),
        str(made.device.id),
        _("Written and read back: {file}").format(file=options.answer),
        _("At the new PC: clinic-desktop join --answer FILE --user LOGIN"),
    )


def _carry(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.carrying import carry

    with open_clinic(options, data_dir) as opened:
        device, login = _meant(opened, options.id).id, opened.actor.login
        carry(opened, device)
    output.result(
        {"id": device, "login": login},
        _("Within an hour, an owner types there: clinic-desktop device admit {login}").format(
            login=login
        ),
    )


def _admit(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.carrying import let_in

    with open_clinic(options, data_dir) as opened:
        name = let_in(opened, options.login, new_password(options.login))
    output.result(
        {"login": options.login},
        _("{name} can sign in as {login}.").format(name=name, login=options.login),
    )


def _meant(opened: Clinic, typed: str) -> Pc:
    from clinic_desktop.services.devices import pcs

    found = opened.store.read(opened.actor, pcs).result()
    meant = [each for each in found if typed and str(each.id).startswith(typed.lower())]
    if len(meant) > 1:
        raise ValidationError(
            "id",
            _("Several PCs begin with “{text}”.").format(text=typed),
            kept=_("Nothing was changed."),
            hint=_("Type more of the id that “device list” shows."),
        )
    if not meant:
        raise NotFoundError(
            _("There is no such PC."), hint=_("Type the id that “device list” shows.")
        )
    return meant[0]


def _confirm(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        found = _meant(opened, options.id)
        Syncing(opened).confirm(found.id)
    output.result(
        {"id": found.id, "name": found.name},
        _("{name} is confirmed: it is handed the keys as any other PC.").format(name=found.name),
    )


def _revoke(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.devices import owners_keys
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        found = _meant(opened, options.id)
        Syncing(opened).revoke(found.id)  # of one that is out: what was broken off is finished
    told = (
        _("The PC is taken out: nothing more is taken from it, and it can read nothing new.")
        if found.is_active
        else _("The PC was taken out before; that stays so.")
    )
    output.result({"id": found.id, "new_epoch": found.is_active}, told, owners_keys())
