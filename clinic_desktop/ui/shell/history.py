"""Where the person was, for Alt+Left and Alt+Right."""

from __future__ import annotations

from clinic_desktop.ui.core.navigator import Destination

_KEPT = 50


class History:
    """A browser's history of destinations."""

    def __init__(self) -> None:
        self._visited: list[Destination] = []
        self._at = -1

    def visit(self, destination: Destination) -> None:
        """Note a new place; what lay ahead is forgotten."""
        if self._at >= 0 and self._visited[self._at] == destination:
            return
        self._visited = [*self._visited[: self._at + 1], destination][-_KEPT:]
        self._at = len(self._visited) - 1

    def back(self) -> Destination | None:
        """The place before, or ``None``."""
        if self._at <= 0:
            return None
        self._at -= 1
        return self._visited[self._at]

    def forward(self) -> Destination | None:
        """The place after, or ``None``."""
        if self._at + 1 >= len(self._visited):
            return None
        self._at += 1
        return self._visited[self._at]
