# SPDX-License-Identifier: Apache-2.0
"""TCP ports: finds a free one, checks that one is free, and refuses connections at shutdown."""

import ctypes
import errno
import socket
import struct
import sys
import time

from app.errors import StartError
from app.settings import EVERY_ADDRESS

BEAT_SECONDS = 0.05
ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of setsockopt(2): which packets reach a socket."""
RETURN = 0x06
"""BPF_RET: so many bytes of a packet pass; none drops it."""


def free_port(host: str = "127.0.0.1") -> int:
    """A port of `host` on which nothing listens at the moment."""
    with _bind(host, port=0) as listener:
        return int(listener.getsockname()[1])


def check_free(host: str, port: int, seconds: float = 0.0) -> None:
    """Raise `StartError` unless a server can listen on `host` and `port`, at once or within so many seconds."""
    deadline = time.monotonic() + seconds
    while _is_taken(host, port) and time.monotonic() < deadline:
        time.sleep(BEAT_SECONDS)
    try:
        _bind(host, port).close()
    except socket.gaierror as error:
        raise StartError(f"--host {host} is no address of this computer: {error.strerror}") from error
    except OSError as error:
        raise StartError(_refusal(host, port, error)) from error


def listens(host: str, port: int) -> bool:
    """Whether a program accepts connections on `host` and `port`."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def reachable(host: str) -> str:
    """The host to call a server on that listens on `host`: the loopback for "every address"."""
    return {"": "127.0.0.1", EVERY_ADDRESS: "127.0.0.1", "::": "::1"}.get(host, host)


def turn_away(listening: socket.socket) -> None:
    """Let no new client connect to a listening socket, in all processes that share it; waiting ones can be accepted.

    To close it would cut off the waiting ones. A socket filter drops the packets of others (Linux only).
    """
    if sys.platform == "linux":
        nothing = ctypes.create_string_buffer(struct.pack("HBBI", RETURN, 0, 0, 0))
        program = struct.pack("HL", 1, ctypes.addressof(nothing))
        listening.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)


def _is_taken(host: str, port: int) -> bool:
    try:
        _bind(host, port).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; choose a free one with --port or LIAISON_PORT"
    if error.errno == errno.EACCES:
        return f"port {port} needs privileges; choose one above 1023 with --port or LIAISON_PORT"
    return f"cannot listen on --host {host}, --port {port}: {error.strerror}"
