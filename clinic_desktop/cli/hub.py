"""Meeting in the house: ``hub``."""

from __future__ import annotations

import argparse
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.cli.numbers import PORTS, whole
from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir
    from clinic_desktop.hub import HubStatus

CODES = {
    3: "No hub of the practice answers in this network, or this PC uses no such hub.",
    11: "The port is taken, or the hub's folder cannot be used.",
    12: "This PC is no hub, or exchanges with no other PC yet.",
    22: "What keeps this PC from the hub: it is off, in another network, or a firewall blocks it.",
}
_TURN_S = 30.0
"""How often the hub looks at the server by itself."""


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``hub`` with its actions."""
    hub = exit_codes.add_parser(
        commands, "hub", "hub", CODES, help="exchange with PCs in the same house"
    )
    actions = hub.add_subparsers(dest="action", metavar="ACTION", required=True)
    switch_on = actions.add_parser("on", parents=[common], help="let this PC be the hub")
    switch_on.add_argument(
        "--port", type=whole("--port", 1, PORTS), default=0, metavar="N", help="where it listens"
    )
    switch_on.set_defaults(run=_on)
    for name, run, words in (
        ("off", _off, "let this PC be no hub any more"),
        ("status", _status, "whether this PC is a hub, and which ones it uses"),
        ("run", _run, "be the hub without a window, until Ctrl+C"),
    ):
        actions.add_parser(name, parents=[common], help=words).set_defaults(run=run)
    use = actions.add_parser("use", parents=[common], help="use a hub beside the server")
    use.add_argument("address", nargs="?", default="", help="HOST[:PORT]; without: whoever answers")
    use.set_defaults(run=_use)
    forget = actions.add_parser("forget", parents=[common], help="use a hub no more")
    forget.add_argument("address", help="as “hub status” shows it")
    forget.set_defaults(run=_forget)


def _on(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import switch_on
    from clinic_desktop.sync.pinned import NEAR_PORT

    with open_clinic(options, data_dir) as opened:
        _show(switch_on(opened, options.port or NEAR_PORT), output)


def _off(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import switch_off

    with open_clinic(options, data_dir) as opened:
        _show(switch_off(opened), output)


def _status(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import status

    with open_clinic(options, data_dir) as opened:
        _show(status(opened), output)


def _use(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.using_hubs import use

    with open_clinic(options, data_dir) as opened:
        _show(use(opened, options.address), output)


def _forget(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.using_hubs import forget

    with open_clinic(options, data_dir) as opened:
        _show(forget(opened, options.address), output)


def _show(found: HubStatus, output: Output) -> None:
    here = (
        _("This PC is a hub while its program runs, at {address}.").format(address=found.address)
        if found.port
        else _("This PC is no hub.")
    )
    used = _("It uses the hubs: {addresses}").format(addresses=", ".join(found.hubs) or "–")
    output.result(
        {"port": found.port, "address": found.address, "hubs": list(found.hubs)}, here, used
    )


def _run(options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.hub import Hub, status
    from clinic_desktop.syncing import Syncing

    is_over, wanted = threading.Event(), threading.Event()

    def stop(*_signal: object) -> None:
        is_over.set()
        wanted.set()

    with open_clinic(options, data_dir) as opened:
        before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
        hub, syncing = Hub(opened, wanted.set), Syncing(opened, keeps_line=True)
        try:
            _show(status(opened), output)
            while True:
                wanted.clear()
                if is_over.is_set():
                    break
                with suppress(ServerError):  # the status says so; the house goes on without
                    syncing.run()
                wanted.wait(_TURN_S)
        finally:
            hub.stop()
            syncing.end()
            for each, handler in before.items():
                signal.signal(each, handler)
