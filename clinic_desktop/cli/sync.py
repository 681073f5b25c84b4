"""The other PCs: ``sync``, ``device`` and ``join``."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import new_password, open_clinic, own_password
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.clinic import Clinic
    from clinic_desktop.config import DataDir
    from clinic_desktop.services.devices import Pc
    from clinic_desktop.sync.client import Address
    from clinic_desktop.sync.exchange import Passed
    from clinic_desktop.syncing import Syncing

_AT = "@"
"""Between an invitation and where it is taken."""
CODES = {
    3: "No such PC, no open invitation, or the new PC has not answered yet.",
    12: "No server was set up, or there already is a clinic in the folder.",
    22: "The server is away, refuses, or says what cannot be; nothing was lost.",
    23: "The record is a copy, or an older state, of one that went on elsewhere.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``sync``, ``device`` and ``join`` with their actions."""
    sync = exit_codes.add_parser(
        commands, "sync", "sync", CODES, help="exchange with the other PCs of the practice"
    )
    actions = sync.add_subparsers(dest="action", metavar="ACTION", required=True)
    run = actions.add_parser("run", parents=[common], help="one pass, now")
    run.set_defaults(run=_run)
    status = actions.add_parser("status", parents=[common], help="how the exchange stands")
    status.set_defaults(run=_status)
    renew = actions.add_parser(
        "renew", parents=[common],
        help="go on as a PC of its own, where a record was brought back or copied",
    )  # fmt: skip
    renew.add_argument(
        "--sheet", action="store_true", help="by the recovery sheet, after it let an owner in"
    )
    renew.set_defaults(run=_renew)
    setup = actions.add_parser("setup", parents=[common], help="use a server from now on")
    add_server(setup)
    setup.set_defaults(run=_setup)
    _register_devices(commands, common)
    join = exit_codes.add_parser(
        commands, "join", "join", CODES, parents=[common],
        help="make an empty folder a PC of a practice",
    )  # fmt: skip
    join.add_argument(
        "code", nargs="?", default="",
        help="of the invitation, as “device invite” shows it; without its @… give --server",
    )  # fmt: skip
    add_server(join, needed=False)
    stick = join.add_mutually_exclusive_group()
    stick.add_argument(
        "--ask", type=Path, metavar="FILE",
        help="without any line: write a request to a stick, and show its code",
    )  # fmt: skip
    stick.add_argument(
        "--answer", type=Path, metavar="FILE",
        help="take the answer, which “device approve CODE --asked FILE --answer FILE” wrote",
    )  # fmt: skip
    join.add_argument(
        "--user", default=argparse.SUPPRESS, metavar="LOGIN", help="the owner who lets the PC in"
    )
    join.set_defaults(run=_join)


def _register_devices(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
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
    revoke = actions.add_parser("revoke", parents=[common], help="take a lost or sold PC out")
    revoke.add_argument("id", help="of “device list”, or its beginning")
    revoke.set_defaults(run=_revoke)


def add_server(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    """Let a command take a server."""
    parser.add_argument("--server", required=needed, default="", metavar="URL")
    parser.add_argument(
        "--ca", type=Path, metavar="FILE", help="certificate of the server or its authority, PEM"
    )


def server_address(options: argparse.Namespace) -> Address:
    """The server that was named.

    Raises:
        ValidationError: it is no address, or its certificate cannot be read.
    """
    from clinic_desktop.sync.client import Address

    try:
        authority = options.ca.read_text("ascii") if options.ca else ""
    except (OSError, UnicodeDecodeError):
        raise ValidationError("ca", _("The certificate of the server cannot be read.")) from None
    return Address(options.server, authority)


def _run(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        syncing = Syncing(opened)
        passed, is_finished = syncing.run(), syncing.status().is_finished
    output.result(_numbers(passed), *_sentences(passed), *_unfinished(is_finished))


def _renew(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.cli.recovery import typed
    from clinic_desktop.renewing import begin_anew
    from clinic_desktop.syncing import Syncing

    sheet = typed().identity if options.sheet else None
    with open_clinic(options, data_dir) as opened:
        begin_anew(opened, sheet)
        passed = Syncing(opened).run()
    output.result(_numbers(passed), *_sentences(passed))


def _setup(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    address = server_address(options)
    with open_clinic(options, data_dir) as opened:
        passed = Syncing(opened).set_up(address)
    output.result({"server": address.url, **_numbers(passed)}, *_sentences(passed))


def _pending(passed: Passed) -> int:
    found = passed.open
    return found.to_send + found.to_apply + found.newer + passed.unknown


def _numbers(passed: Passed) -> dict[str, Any]:
    return {
        "sent": passed.sent,
        "received": passed.received,
        "pending": _pending(passed),
        "kept_out": passed.open.kept_out,
        "conflicts": passed.open.conflicts,
        "bytes_up": passed.bytes_up,
        "bytes_down": passed.bytes_down,
        "round_trips": passed.round_trips,
    }


def _sentences(passed: Passed) -> tuple[str, ...]:
    pending, conflicts = _pending(passed), passed.open.conflicts
    sent = ngettext("{count} change sent.", "{count} changes sent.", passed.sent)
    received = ngettext("{count} change received.", "{count} changes received.", passed.received)
    waits = ngettext("{count} change waits.", "{count} changes wait.", pending)
    asks = ngettext(
        "{count} entry was changed at two PCs: look at both.",
        "{count} entries were changed at two PCs: look at both.",
        conflicts,
    )
    return (
        sent.format(count=passed.sent),
        received.format(count=passed.received),
        *((waits.format(count=pending),) if pending else ()),
        *((asks.format(count=conflicts),) if conflicts else ()),
        *_too_old(passed.open.newer),
    )


def _too_old(count: int) -> tuple[str, ...]:
    words = ngettext(
        "{count} change needs a newer version of this program; it is kept here, whole.",
        "{count} changes need a newer version of this program; they are kept here, whole.",
        count,
    )
    return (words.format(count=count),) if count else ()


def _unfinished(is_finished: bool) -> tuple[str, ...]:  # noqa: FBT001 - one fact, one sentence
    if is_finished:
        return ()
    return (
        _("A PC was let in or taken out, but the server or another PC does not know it yet: "
          "an owner runs “sync run” at this PC."),
    )  # fmt: skip


def _status(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        found = Syncing(opened).status()
    last = found.last_ok.isoformat() if found.last_ok else ""
    output.result(
        {
            "server": found.server,
            "last_ok": last,
            "last_error": found.last_error,
            "to_send": found.open.to_send,
            "to_apply": found.open.to_apply,
            "newer": found.open.newer,
            "kept_out": found.open.kept_out,
            "conflicts": found.open.conflicts,
            "is_finished": found.is_finished,
            "server_lacks": found.server_lacks,
            "is_doubted": found.is_doubted,
            "anew_since": found.anew_since.isoformat() if found.anew_since else None,
            "clock_off_seconds": round(found.clock_off.total_seconds()),
        },
        *_unfinished(found.is_finished),
        _("Server: {url}").format(url=found.server or _("none; by a stick and at hubs")),
        _("Last exchange: {time}").format(time=last or _("never")),
        _("Waiting here: {count}").format(count=found.open.to_send + found.open.to_apply),
        *_too_old(found.open.newer),
        *_not_whole_there(found.server_lacks),
        *_doubted(found.is_doubted),
        *((found.anew,) if found.anew else ()),
    )


def _not_whole_there(count: int) -> tuple[str, ...]:
    words = ngettext(
        "The server is no second copy yet: it lacks earlier work of {count} PC, which is here.",
        "The server is no second copy yet: it lacks earlier work of {count} PCs, which is here.",
        count,
    )
    return (words.format(count=count),) if count else ()


def _doubted(is_doubted: bool) -> tuple[str, ...]:  # noqa: FBT001 - one fact, one sentence
    if not is_doubted:
        return ()
    return (
        _("A copy of the record at the server is not what the PCs hold. No PC takes it, and "
          "nothing was lost. Ask for help."),
    )  # fmt: skip


def _list(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.services.devices import pcs

    with open_clinic(options, data_dir) as opened:
        found = opened.store.read(opened.actor, pcs).result()
    output.result(
        {
            "devices": [
                {
                    "id": each.id, "name": each.name, "prefix": each.prefix,
                    "is_this": each.is_this, "active": each.is_active,
                    "last_work": each.last_work.isoformat() if each.last_work else "",
                }
                for each in found
            ]
        },
        *(f"{each.id}  {each.prefix}  {each.name}  {_state(each)}".rstrip() for each in found),
    )  # fmt: skip


def _state(each: Pc) -> str:
    if each.is_this:
        return _("(this PC)")
    return "" if each.is_active else _("(taken out)")


def _invite(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import for_others
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        syncing = Syncing(opened)
        code = f"{syncing.invite().code}{_AT}{for_others(syncing.status().server)}"
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
        name = Syncing(opened).approve(options.digits)
    output.result({"name": name}, _("{name} belongs to the practice now.").format(name=name))


def _approve_by_stick(syncing: Syncing, options: argparse.Namespace, output: Output) -> None:
    made = syncing.approve_by_stick(options.asked, options.digits, options.answer)
    output.result(
        {"name": made.name, "file": str(options.answer), "bytes": made.written.size},
        _("{name} belongs to the practice now.").format(name=made.name),
        _("Written and read back: {file}").format(file=options.answer),
        _("At the new PC: clinic-desktop join --answer FILE --user LOGIN"),
    )


def _carry(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.carrying import carry

    with open_clinic(options, data_dir) as opened:
        device, login = _meant(opened, options.id), opened.actor.login
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


def _meant(opened: Clinic, typed: str) -> uuid.UUID:
    from clinic_desktop.services.devices import pcs

    found = opened.store.read(opened.actor, pcs).result()
    meant = [each.id for each in found if typed and str(each.id).startswith(typed.lower())]
    if len(meant) != 1:
        raise NotFoundError(_("There is no such PC."))
    return meant[0]


def _revoke(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.syncing import Syncing

    with open_clinic(options, data_dir) as opened:
        device = _meant(opened, options.id)
        Syncing(opened).revoke(device)
    output.result(
        {"id": device, "new_epoch": True},
        _("The PC is taken out: nothing more is taken from it, and it can read nothing new."),
    )


def _join(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.half_joining import half_joined
    from clinic_desktop.joining import Joining, join

    if not options.user:
        raise ValidationError("user", _("Say who with --user LOGIN."))
    if options.ask or options.answer:
        _join_by_stick(options, data_dir, output)
        return
    code, _at, server = options.code.partition(_AT)
    options.server = options.server or server
    goes_on = not code and half_joined(data_dir)
    if not (options.server or goes_on):
        raise ValidationError("code", _("Give the whole code, or the server with --server URL."))
    address = None if goes_on else server_address(options)
    typed = own_password(options.user)

    def show(digits: str) -> None:
        output.note(
            {"digits": digits},
            _("Type these digits at the other PC: {digits}").format(digits=digits),
        )

    made = join(data_dir, Joining(address, code, options.user, typed), show)
    received = made.passed.received if made.passed is not None else 0
    _say_joined(made.practice, made.login, received, data_dir, output)


def _join_by_stick(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.stick_joining import Asking, ask, finish

    asking = Asking(options.user, own_password(options.user))
    if options.ask:
        code = ask(data_dir, asking, options.ask)
        output.result(
            {"code": code, "file": str(options.ask)},
            code,
            _("Take the stick to a PC of the practice. An owner types this code there: "
              "clinic-desktop device approve CODE --asked FILE --answer FILE"),
        )  # fmt: skip
        return
    made = finish(data_dir, asking, options.answer)
    _say_joined(made.practice, made.login, made.received, data_dir, output)


def _say_joined(
    practice: str, login: str, received: int, data_dir: DataDir, output: Output
) -> None:
    output.result(
        {"practice": practice, "user": login, "data_dir": str(data_dir.root),
         "received": received},
        _("The clinic “{name}” is ready in {folder}.").format(name=practice, folder=data_dir.root),
    )  # fmt: skip
