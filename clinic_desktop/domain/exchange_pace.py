"""When a PC exchanges by itself: soon after a change, seldom where nothing answers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

AFTER_CHANGE_S = 2.0
"""What is typed in a row goes out together."""
NEAR_S, FAR_S, METERED_S = 30.0, 300.0, 900.0
"""How often it looks for others' work: a server in the house, elsewhere, on a line that costs."""
_FIRST_S, _LEAST_MOST_S, _HOPELESS_S = 15.0, 300.0, 3600.0


@dataclass
class Pace:
    """One per running window."""

    is_near: bool = False
    is_metered: bool = False
    has_hub: bool = False
    """Whether PCs meet in the house: that goes on while the server is away."""
    failures: int = 0
    """How often in a row it failed."""
    is_hopeless: bool = False
    """Whether trying again helps only after somebody did something."""

    def went_well(self) -> None:
        """The last pass came to its end."""
        self.failures, self.is_hopeless = 0, False

    def failed(self, *, is_hopeless: bool = False) -> None:
        """It did not."""
        self.failures += 1
        self.is_hopeless = is_hopeless

    @property
    def every(self) -> float:
        """Seconds between passes when all is well."""
        return NEAR_S if self.has_hub else self._server_every

    @property
    def _server_every(self) -> float:
        usual = NEAR_S if self.is_near else FAR_S
        return max(usual, METERED_S) if self.is_metered else usual

    def is_server_due(self, since: float, to_send: int) -> bool:
        """Whether the next pass goes to the server too, not only to the hubs in the house.

        Hubs are asked more often than a server far away or on a line that costs: ``since`` is
        how many seconds ago that was asked, ``to_send`` how many own changes wait for it.
        """
        if not self.has_hub or (to_send and not self.failures):
            return True
        return since >= (self._after_failures if self.failures else self._server_every)

    @property
    def _after_failures(self) -> float:
        most = max(self._server_every, _LEAST_MOST_S)
        return min(_FIRST_S * 2.0 ** min(self.failures - 1, 10), most)

    def wait(self, luck: float) -> float:
        """Seconds to the next pass; ``luck`` between 0 and 1 keeps PCs from coming all at once."""
        usual = self.every
        if self.is_hopeless:
            usual = _HOPELESS_S
        elif self.failures and not self.has_hub:
            usual = self._after_failures
        return usual * (0.75 + luck / 2)

    def wait_after_change(self, left: float) -> float:
        """The same once something was changed here; ``left`` is what was still to be waited."""
        waits = self.failures and not self.has_hub
        return left if waits else min(left, AFTER_CHANGE_S)


def is_near(url: str) -> bool:
    """Whether a server stands in the same house, as far as its address says."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".local"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
