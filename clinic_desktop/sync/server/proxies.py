"""Who asks, where others stand between: only what a proxy of ours says is believed.

Behind a proxy all strangers would share its address, and one could use up what each may ask.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOUSEHOLD = 64
"""A house has so many bits of an IPv6 address that it may change them at will."""


@dataclass(frozen=True)
class Trusted:
    """The proxies in front of this server."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def named(cls, words: Sequence[str]) -> Trusted:
        """From addresses and networks as they were typed.

        Raises:
            ValueError: one is neither.
        """
        return cls(tuple(ipaddress.ip_network(word) for word in words))

    def address(self, peer: str, forwarded: Sequence[str]) -> str:
        """Whose request it is: the last in the chain of whom no proxy of ours speaks."""
        chain = [part.strip() for line in forwarded for part in line.split(",")]
        found = peer
        while chain and self._is_ours(found):
            found = chain.pop()
        return _household(found)

    def _is_ours(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in network for network in self.networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _household(address: str) -> str:
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _HOUSEHOLD), strict=False))
    return "" if found is None else str(found)
