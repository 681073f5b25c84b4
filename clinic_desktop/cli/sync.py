"""Exchange with the other PCs of the practice: ``sync``."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.cli.server_address import add_server, server_address
from clinic_desktop.i18n import _, current, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir
    from clinic_desktop.sync.passes import Passed
    from clinic_desktop.sync.standing import Standing

CODES = {
    12: "No server was set up.",
    22: "The server is away, refuses, or says what cannot be; nothing was lost.",
    23: "The record is a copy, or an older state, of one that went on elsewhere.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``sync`` with its actions."""
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
            "to_send": found.written,
            "to_apply": found.open.to_apply,
            "newer": found.open.newer,
            "kept_out": found.open.kept_out,
            "conflicts": found.open.conflicts,
            "is_finished": found.is_finished,
            "server_lacks": found.server_lacks,
            "is_doubted": found.is_doubted,
            "anew_since": found.anew_since.isoformat() if found.anew_since else None,
            "unconfirmed": found.is_waiting,
            "others_unconfirmed": list(found.waiting),
            "clock_off_seconds": round(found.clock_off.total_seconds()),
        },
        *_unfinished(found.is_finished),
        _("Server: {url}").format(url=found.server or _("none; by a stick and at hubs")),
        _("Last exchange: {time}").format(
            time=current().datetime(found.last_ok) if found.last_ok else _("never")
        ),
        *_failed(found.last_error),
        _("Waiting here: {count}").format(
            count=current().number(found.written + found.open.to_apply)
        ),
        *_said(found),
        *_too_old(found.open.newer),
        *_not_whole_there(found.server_lacks),
        *_doubted(found.is_doubted),
        *((found.anew,) if found.anew else ()),
        *((found.awaits,) if found.awaits else ()),
    )


def _failed(code: str) -> tuple[str, ...]:
    """Why the newest pass came to no end, if it did not."""
    if not code:
        return ()
    from clinic_desktop.sync.outcomes import outcome_words

    words = _("The newest pass did not succeed: {reason}.").format(reason=outcome_words(code))
    return (words, _("Nothing was lost. “sync run” tries again and says more."))


def _said(found: Standing) -> tuple[str, ...]:
    """What a person should look at."""
    out, asks, off = found.open.kept_out, found.open.conflicts, abs(found.clock_off)
    kept = ngettext(
        "{n} change of another PC could not be taken into the record",
        "{n} changes of other PCs could not be taken into the record",
        out,
    )
    both = ngettext(
        "{count} entry was changed at two PCs: look at both.",
        "{count} entries were changed at two PCs: look at both.",
        asks,
    )
    minutes = round(off / timedelta(minutes=1))
    apart = ngettext(
        "The clocks of this PC and of the server are {n} minute apart.",
        "The clocks of this PC and of the server are {n} minutes apart.",
        minutes,
    )
    return (
        *((f"{kept.format(n=out)}.",) if out else ()),
        *((both.format(count=asks),) if asks else ()),
        *((apart.format(n=current().number(minutes)),) if off else ()),
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
