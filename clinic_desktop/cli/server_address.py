"""The server that a command is told to use."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.sync.client import Address


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
        raise ValidationError(
            "ca",
            _("The certificate of the server cannot be read."),
            place=str(options.ca),
        ) from None
    return Address(options.server, authority)
