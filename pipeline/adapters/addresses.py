"""Which network addresses may be connected to: public ones, and private ones that the configuration names.

A feed's publisher chooses where its name and its redirects lead, so the address is judged where the socket is made:
whatever the URL, the redirect or the answer of the name server said, no other address than the judged one is connected.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOKUPS = 16
"""Name look-ups at a time: they block a thread each, for many seconds where a name server is silent."""

# Inside, though older Pythons or their numbers say otherwise: the registries' special purposes (RFC 6890 and later),
# and 168.63.129.16, the metadata and health service of one cloud.
_INSIDE = tuple(
    ip_network(name)
    for name in (
        *("100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"),
        *("64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)
_NAT64 = ip_network("64:ff9b::/96")


class RefusedAddressError(OSError):
    """The address is not a public one, and the configuration does not name its network."""


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """Return networks as ``10.0.0.0/8`` or ``127.0.0.1`` write them; raises ValueError for another text."""
    return tuple(ip_network(name) for name in names)


def is_public(address: Address) -> bool:
    """Return whether the address, and the IPv4 one that it may carry inside, is routed on the public internet."""
    inner = _carried(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _INSIDE):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def guard(allowed: tuple[Network, ...] = ()) -> Callable[[Any], socket.socket]:
    """Return the maker of sockets for connections that others direct; it raises RefusedAddressError.

    It takes an entry of ``socket.getaddrinfo``, whose address is the one that the socket is then connected to.
    """

    def make(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _name, place = info
        text = str(place[0]).partition("%")[0]
        address = ip_address(text)
        address = _carried(address) or address
        if not is_public(address) and not any(address in network for network in allowed):
            raise RefusedAddressError(f"the address {text} is not public; fetching.allow_private does not name it")
        return socket.socket(family, kind, protocol)

    return make


class Names(AbstractResolver):
    """Looks names up in threads of its own, so that silent name servers hold up nothing else."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(LOOKUPS, "names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raises OSError where it has none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self.pool, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        )
        return [
            ResolveResult(
                hostname=host, host=str(place[0]), port=port, family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _type, proto, _name, place in found
        ]

    async def close(self) -> None:
        """Wait for no look-up any more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
