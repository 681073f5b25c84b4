"""A wire in between that counts what goes over it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Line:
    """What went from clients to a server and back, TLS and headers included."""

    port: int
    up: int = 0
    down: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> int:
        """Both ways."""
        return self.up + self.down

    def take(self) -> int:
        """The bytes since this was last asked."""
        with self._lock:
            found, self.up, self.down = self.total, 0, 0
        return found

    def _carry(self, source: socket.socket, target: socket.socket, *, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                with self._lock:
                    if is_up:
                        self.up += len(piece)
                    else:
                        self.down += len(piece)
                target.sendall(piece)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket, target: int) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = socket.create_connection(("127.0.0.1", target))
                for each in (near, far):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for way in ((near, far, True), (far, near, False)):
                    threading.Thread(
                        target=self._carry, args=way[:2], kwargs={"is_up": way[2]}, daemon=True
                    ).start()


@contextlib.contextmanager
def to(port: int) -> Iterator[Line]:
    """A line to a server of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(listener.getsockname()[1])
        threading.Thread(target=line._serve, args=(listener, port), daemon=True).start()  # noqa: SLF001
        yield line
