"""TLS to a server that goes on where the last connection ended.

A PC that exchanges every few minutes would be sent the same certificates each time: several
kilobytes and a round trip for an edit of a few hundred bytes. Who resumes proves that it holds the
keys of the connection that was checked.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from functools import cache

from clinic_desktop.sync.bad_line import persist


class Trust:
    """Whom connections to servers believe, and how the last one to each place ended."""

    def __init__(self, authority: str) -> None:
        self.context = ssl.create_default_context(cadata=authority or None)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.sessions: dict[tuple[str, int | None], ssl.SSLSession] = {}


@cache
def trust_in(authority: str) -> Trust:
    """For a PEM, or for the system's own authorities where it is empty.

    Raises:
        ssl.SSLError, ValueError: it cannot be read.
    """
    return Trust(authority)


class Connection(http.client.HTTPSConnection):
    """One connection; it leaves behind what the next one resumes."""

    def __init__(self, host: str, port: int | None, timeout: float, trust: Trust) -> None:
        super().__init__(host, port, timeout=timeout, context=trust.context)
        self._trust, self._place = trust, (host, port)

    def connect(self) -> None:
        """Open it."""
        http.client.HTTPConnection.connect(self)
        bare: socket.socket = self.sock
        persist(bare)
        before = self._trust.sessions.pop(self._place, None)  # a ticket is shown once
        self.sock = self._trust.context.wrap_socket(bare, server_hostname=self.host, session=before)

    def close(self) -> None:
        """Hang up."""
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        if session is not None and session.has_ticket:
            self._trust.sessions[self._place] = session
        super().close()
