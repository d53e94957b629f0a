"""Who may speak with a cluster: certificates for `tls://`, a warning for `tcp://` beyond this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from distributed.security import Security

Files: TypeAlias = tuple[str | None, str | None, str | None]
"""Authority, our certificate, its key; None for what dask's own settings say."""

OPEN = "whoever reaches this port can run code on the workers and here: use tls:// (docs/regression.md)"

STARTING = 3.0  # seconds that a scheduler has to listen

_SETTINGS = {"TLS_CA": "tls_ca_file", "TLS_CERT": "tls_client_cert", "TLS_KEY": "tls_client_key"}


class FarmError(RuntimeError):
    """A cluster that cannot be used, or is gone; the message is one line with the remedy."""


def settings(address: str, files: Files) -> Security | None:
    """Return what dask needs to speak with a scheduler.

    Args:
        address: `tls://host:port` or `tcp://host:port`.
        files: The certificates.

    Returns:
        None for an address without TLS.

    Raises:
        FarmError: A file is missing, or was given for an address without TLS.
    """
    named = {name: file for name, file in zip(_SETTINGS, files, strict=True) if file is not None}
    if not address.startswith("tls://"):
        if named:
            raise FarmError(f"{next(iter(named))} belongs to a cluster with TLS: CLUSTER=tls://host:port")
        return None
    from distributed.security import Security  # noqa: PLC0415 (slow to import)

    given = {_SETTINGS[name]: os.path.abspath(file) for name, file in named.items()}  # noqa: PTH100 (links stay)
    secure = Security(require_encryption=True, **given)  # the rest from distributed.comm.tls of dask's settings
    for name, setting in _SETTINGS.items():
        found = getattr(secure, setting)
        if found is None:
            raise FarmError(f"CLUSTER={address}: {name} is missing: name the file of its certificate or key")
        if "\n" not in found and not Path(found).is_file():
            raise FarmError(f"{name}={found}: there is no such file")
    return secure


def reach(address: str) -> None:
    """Try whether anybody listens at a scheduler's address; one that has just been started gets some seconds.

    Raises:
        OSError: Nobody does, or there is no way.
        ValueError: The address has no port.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.hostname is None or parts.port is None:
        raise ValueError(f"{address} is not host:port")
    end = time.monotonic() + STARTING
    while True:
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=30).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def is_open(address: str) -> bool:
    """Tell whether an address has no TLS and may lie beyond this machine."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tcp":
        return False
    host = parts.hostname or ""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:  # which the connection says soon
        return True
    return not all(ipaddress.ip_address(str(each).partition("%")[0]).is_loopback for each in found)
