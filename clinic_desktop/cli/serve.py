"""``serve``: the relay through which the PCs of practices exchange their work."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.cli.numbers import PORTS, whole
from clinic_desktop.config import default_data_dir
from clinic_desktop.errors import SetupError, ValidationError
from clinic_desktop.i18n import _, ngettext

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

_DAY_MS = 86_400_000
_MOST = 2**40
BACKUP_CODES = {
    11: "No server's folder there, or the copy cannot be written.",
}
CODES = {
    0: "Stopped by SIGTERM or Ctrl+C, with everything acknowledged on the disk.",
    8: "Another server works on the folder.",
    11: "The folder or the database cannot be used, or the port is taken.",
    12: "No TLS away from this PC, a bad certificate or database address, or no server part.",
}


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``serve``."""
    serve = exit_codes.add_parser(
        commands, "serve", "serve", CODES, parents=[common],
        help="the server between the PCs of practices; it can read nothing of what it keeps",
    )  # fmt: skip
    serve.add_argument("--dir", type=Path, default=None, metavar="DIR", help="where it keeps files")
    serve.add_argument(
        "--database-url", default="", metavar="URL",
        help="keep everything in this PostgreSQL database, in place of files",
    )  # fmt: skip
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=whole("--port", 0, PORTS), default=8740)
    serve.add_argument("--tls-cert", type=Path, metavar="FILE")
    serve.add_argument("--tls-key", type=Path, metavar="FILE")
    serve.add_argument(
        "--insecure", action="store_true", help="without TLS; for this PC only, to try it out"
    )
    serve.add_argument(
        "--trusted-proxy", action="append", default=[], metavar="ADDRESS",
        help="believe this address or network about who asks (X-Forwarded-For); may be repeated",
    )  # fmt: skip
    serve.add_argument(
        "--quota",
        type=whole("--quota", 0, _MOST),
        default=5120,
        metavar="MIB",
        help="room for one practice (5120)",
    )
    serve.add_argument(
        "--practices", type=whole("--practices", 0, _MOST), default=10_000, metavar="N",
        help="take in no new practice beyond so many (10000)",
    )  # fmt: skip
    serve.add_argument(
        "--keep-days", type=whole("--keep-days", 0, 36_500), default=0, metavar="N",
        help="drop what snapshots cover and every PC has, so many days after it came (0: never)",
    )  # fmt: skip
    serve.set_defaults(run=_serve)
    server = exit_codes.add_parser(
        commands, "server", "server", BACKUP_CODES, help="look after what a server keeps"
    )
    actions = server.add_subparsers(dest="action", metavar="ACTION", required=True)
    backup = actions.add_parser(
        "backup", parents=[common], help="copy a server's folder while it serves"
    )
    backup.add_argument("folder", type=Path, metavar="TO")
    backup.add_argument("--dir", type=Path, default=None, metavar="DIR")
    backup.set_defaults(run=_backup)


def _serve(options: argparse.Namespace, _data_dir: DataDir, output: Output) -> None:
    try:
        from clinic_desktop.sync.server.limits import Limits
        from clinic_desktop.sync.server.proxies import Trusted
        from clinic_desktop.sync.server.serving import Place, serve
    except ImportError:
        raise SetupError(
            _("The server part of the program is not installed."),
            hint=_("Install it with: pip install clinic-desktop[server]"),
        ) from None
    if not options.insecure and not (options.tls_cert and options.tls_key):
        raise SetupError(
            _("A server needs TLS."),
            hint=_("Give --tls-cert and --tls-key; --insecure is for trying it on one PC."),
        )
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    folder = _folder(options)
    certificate, key = (None, None) if options.insecure else (options.tls_cert, options.tls_key)

    def listening(url: str) -> None:
        output.result(
            {"url": url, "dir": "" if options.database_url else str(folder)},
            _("Serving at {url} from a database.").format(url=url)
            if options.database_url
            else _("Serving at {url} from {folder}.").format(url=url, folder=folder),
        )

    try:
        trusted = Trusted.named(options.trusted_proxy)
    except ValueError as error:
        raise ValidationError(
            "trusted-proxy",
            _("A proxy is given as an address or a network: {reason}").format(reason=error),
        ) from None
    place = Place(
        folder, options.host, options.port, options.database_url, certificate, key, trusted
    )
    limits = Limits(
        practice_bytes=options.quota << 20,
        practices=options.practices,
        keep_ms=options.keep_days * _DAY_MS,
    )
    serve(place, listening, limits)


def _backup(options: argparse.Namespace, _data_dir: DataDir, output: Output) -> None:
    from clinic_desktop.sync.server.copying import copy_folder

    count, size = copy_folder(_folder(options), options.folder)
    words = ngettext(
        "{count} practice was copied to {folder}.",
        "{count} practices were copied to {folder}.",
        count,
    )
    output.result(
        {"practices": count, "bytes": size, "folder": str(options.folder)},
        words.format(count=count, folder=options.folder),
    )


def _folder(options: argparse.Namespace) -> Path:
    return options.dir or default_data_dir().with_name("clinic-desktop-server")
