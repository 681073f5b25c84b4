"""``serve``: the relay through which the PCs of practices exchange their work."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.cli import exit_codes
from clinic_desktop.config import default_data_dir
from clinic_desktop.errors import SetupError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

CODES = {
    0: "Stopped by SIGTERM or Ctrl+C, with everything acknowledged on the disk.",
    8: "Another server works on the folder.",
    11: "The folder cannot be written, or the port is taken.",
    12: "No TLS away from this PC, a bad certificate, or the server part is not installed.",
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
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8740)
    serve.add_argument("--tls-cert", type=Path, metavar="FILE")
    serve.add_argument("--tls-key", type=Path, metavar="FILE")
    serve.add_argument(
        "--insecure", action="store_true", help="without TLS; for this PC only, to try it out"
    )
    serve.set_defaults(run=_serve)


def _serve(options: argparse.Namespace, _data_dir: DataDir, output: Output) -> None:
    try:
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
    folder = options.dir or default_data_dir().with_name("clinic-desktop-server")
    certificate, key = (None, None) if options.insecure else (options.tls_cert, options.tls_key)

    def listening(url: str) -> None:
        output.result(
            {"url": url, "dir": str(folder)},
            _("Serving at {url} from {folder}.").format(url=url, folder=folder),
        )

    serve(Place(folder, options.host, options.port, certificate, key), listening)
