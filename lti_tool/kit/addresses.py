"""Which network addresses the tool may connect to, decided on the address that is really dialled.

An LMS tells the tool URLs to fetch (keys, configuration, line items, next pages). Without a check, any of
them could point the server at itself or at its private network. The check happens after name resolution
and the connection goes to the very address that was checked, so a name that resolves differently the
second time gains nothing.
"""

import contextvars
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

_NAT64 = IPv6Network("64:ff9b::/96")

# The request target exactly as the caller wrote it: urllib3 rewrites percent-encoding, page tokens must not
# change.
exact_target: contextvars.ContextVar[str | None] = contextvars.ContextVar("exact_target", default=None)


class AddressForbidden(Exception):
    """The name resolves to an address this tool does not connect to."""


def may_connect(address: str, *, allow_private: bool) -> bool:
    """Whether an IP address in text form may be dialled.

    Public addresses always; private and loopback ones only with `allow_private`. Link-local (where clouds
    keep their credentials service), multicast, unspecified and reserved ones never. IPv6 forms that wrap
    an IPv4 address (mapped, 6to4, Teredo, NAT64) are judged by the address inside as well.
    """
    outer = ip_address(address.split("%", 1)[0])
    return all(_may_dial(ip, allow_private) for ip in (outer, *_wrapped(outer)))


def _wrapped(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    inner = [ip.sixtofour] if ip.sixtofour else []
    inner += list(ip.teredo) if ip.teredo else []
    inner += [ip.ipv4_mapped] if ip.ipv4_mapped else []
    inner += [IPv4Address(int(ip) & 0xFFFFFFFF)] if ip in _NAT64 else []
    return inner


def _may_dial(ip: IPv4Address | IPv6Address, allow_private: bool) -> bool:
    if isinstance(ip, IPv6Address) and (ip.ipv4_mapped or ip in _NAT64):
        return True  # only a wrapper: judged by the address inside
    if ip.is_loopback:  # before is_reserved, which ::1 is too
        return allow_private
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_global or allow_private


def guarded_pools(*, allow_private: bool, size: int) -> PoolManager:
    """A urllib3 pool manager whose connections raise `AddressForbidden` rather than dial where they may not."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, allow_private)

        def putrequest(self, method: str, url: str, *skips: bool, **skip: bool) -> None:
            super().putrequest(method, exact_target.get() or url, *skips, **skip)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, allow_private)

        def putrequest(self, method: str, url: str, *skips: bool, **skip: bool) -> None:
            super().putrequest(method, exact_target.get() or url, *skips, **skip)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    pools = PoolManager(num_pools=size, maxsize=size)
    pools.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return pools


def _connect(connection: HTTPConnection, allow_private: bool) -> socket.socket:
    """Resolve once, check every address found, dial one of them."""
    name = connection.host.strip("[]").rstrip(".")
    try:
        found = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        unknown = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(name, connection, unknown) from error
    if not all(may_connect(str(where[0]), allow_private=allow_private) for *_, where in found):
        raise AddressForbidden(name)
    last = OSError("the name has no address")
    for family, kind, protocol, _, where in found:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            if isinstance(connection.timeout, int | float):
                sock.settimeout(connection.timeout)
            sock.connect(where)
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    if isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, f"Connection to {name} timed out") from last
    raise NewConnectionError(connection, f"Failed to establish a new connection: {last}") from last
