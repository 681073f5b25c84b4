r"""Sends a receipt to a thermal printer as dots, past the system's drivers and their dialogs.

The printer is reached by the network (``192.168.1.50:9100``), as a device or a shared printer
(``/dev/usb/lp0``, ``\\desk\receipts``), or through a queue of the system that passes bytes on.
Runs off the window's thread; every wait ends.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import subprocess
from contextlib import suppress

from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.printing.raster import HEADS, escpos_raster, raster_receipt
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.printers import PrinterChoice, host_and_port

_CONNECT_S, _PIECE_S, _ANSWER_S = 5.0, 10.0, 1.0
_PIECE = 4096
"""Bytes sent at a time: a slow printer may take long for all, but not for so few."""
_FLAGS = ("O_WRONLY", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
_OFFLINE, _PAPER = 2, 4
"""What DLE EOT asks about. Source: Epson ESC/POS command reference."""


def send(made: MadePaper, address: str, choice: PrinterChoice, queues: list[str]) -> None:
    """Print as chosen; ``queues`` are the names of the system's printers.

    Raises:
        PrintError: not a roll, nobody answers, or the printer says what it lacks.
    """
    if made.paper not in HEADS:
        raise PrintError(
            _("A thermal printer prints on a roll only."),
            kept=_("The paper is kept in the archive."),
            hint=_("Choose a printer in the settings, or save the PDF."),
        )
    dots = raster_receipt(made.pdf, HEADS[made.paper])
    data = escpos_raster(dots, kick_drawer=choice.opens_drawer)
    data += escpos_raster(dots) * (choice.copies - 1)
    try:
        if "/" in address or "\\" in address:
            _to_device(data, address)
        elif address in queues:
            _to_queue(data, address)
        else:
            _to_network(data, address)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _trouble(_("The printer {name} does not answer."), address) from error


def _trouble(words: str, address: str) -> PrintError:
    return PrintError(
        words.format(name=isolate(address)),
        kept=_("The paper is kept in the archive."),
        hint=_("Check cable, paper and power, then print it again."),
    )


# ------------------------------------------------------------ network


def _to_network(data: bytes, address: str) -> None:
    with socket.create_connection(host_and_port(address), _CONNECT_S) as line:
        _ask_how_it_is(line, address)
        line.settimeout(_PIECE_S)
        for start in range(0, len(data), _PIECE):
            line.sendall(data[start : start + _PIECE])
        line.shutdown(socket.SHUT_WR)
        line.settimeout(_ANSWER_S)
        with suppress(OSError):  # closed with something unread, it would drop what is on its way
            while line.recv(_PIECE):
                pass


def _ask_how_it_is(line: socket.socket, address: str) -> None:
    """Refuse what would vanish: some printers take everything and throw it away."""
    state = _status(line, _OFFLINE)
    if state is None:
        return  # a print server that passes bytes one way only
    if state & 0x04:
        raise _trouble(_("The cover of the printer {name} is open."), address)
    if (state & 0x20) or (_status(line, _PAPER) or 0) & 0x60:
        raise _trouble(_("The printer {name} is out of paper."), address)


def _status(line: socket.socket, about: int) -> int | None:
    line.settimeout(_ANSWER_S)
    line.sendall(bytes((0x10, 0x04, about)))
    try:
        answer = line.recv(1)
    except TimeoutError:
        return None
    if not answer:
        raise ConnectionAbortedError
    return answer[0] if answer[0] & 0x93 == 0x12 else None


# ------------------------------------------------------------ device and queue


def _to_device(data: bytes, path: str) -> None:
    flags = 0
    for name in _FLAGS:
        flags |= getattr(os, name, 0)
    device = os.open(path, flags)  # never created: a mistyped path must not become a file
    try:
        if stat.S_ISREG(os.fstat(device).st_mode) and os.name != "nt":
            raise OSError
        left = memoryview(data)
        while left:
            if os.name != "nt" and not select.select([], [device], [], _PIECE_S)[1]:
                raise TimeoutError
            left = left[os.write(device, left[:_PIECE]) :]
    finally:
        os.close(device)


def _to_queue(data: bytes, name: str) -> None:
    command = ["lp", "-s", "-d", name, "-o", "raw"]
    subprocess.run(command, input=data, check=True, timeout=2 * _PIECE_S, capture_output=True)  # noqa: S603 - a name of the system's own list
