"""Whose a connection is: the visitor's network address, as far as it tells visitors apart.

An IPv6 subscriber has 2^64 addresses of his own and can take another one for each connection, so his network of 64 bits
is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]*)\](?::\d+)?", re.ASCII)

AddressOf = Callable[[Scope], str | None]
"""Returns the address of a request's visitor, '' if it is unknown; None if addresses do not distinguish visitors."""


def connecting_address(scope: Scope) -> str:
    """The address from which the connection comes. What a visitor writes into `X-Forwarded-For` is not read."""
    client = scope.get("client")
    return visitor_name(client[0] if client else "")


def forwarded_address(scope: Scope) -> str:
    """The address that the proxy has written: the last one in the last `X-Forwarded-For`.

    Some proxies extend what the visitor wrote there, others add a line of their own.
    """
    forwarded = Headers(scope=scope).getlist("x-forwarded-for")
    return visitor_name(",".join(forwarded).rpartition(",")[2]) or connecting_address(scope)


def no_address(scope: Scope) -> None:
    """None: every visitor may come from the address of somebody else's proxy."""


def visitor_name(text: str) -> str:
    """The name under which an address is counted: IPv6 by its network, no port; at most 60 characters of other text."""
    text = text.strip()[:60]
    found = _WITH_PORT.fullmatch(text)
    bare = (found[1] or found[2]) if found else text
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
