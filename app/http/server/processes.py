# SPDX-License-Identifier: Apache-2.0
"""Server processes: the parent imports the application, and forks of it answer requests (pre-fork; ADR 0015).

`python -m app.http.server.processes MODULE:NAME` serves that application as the settings in the environment say. With
further arguments it loads the modules that they name, and is told its environment then (`app.system.early_child`).
"""

import gc
import os
import socket
import sys
from functools import partial
from importlib import import_module

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE

from app import logs
from app.errors import StartError
from app.http.server.bounds import Bounds
from app.http.server.protocol import HttpProtocol
from app.http.server.socket_accept import OnlyServer, SharingServer
from app.settings import Settings
from app.system.early_child import await_environment
from app.system.files import raise_file_limit
from app.system.forks import Forks
from app.system.ports import turn_away

YOUNG_OBJECTS = 20_000
"""New objects after which the garbage collector runs (generation 0); nearly none are in reference cycles."""


def serve(application: str, settings: Settings) -> int:
    """Answer requests until SIGTERM or SIGINT. Returns the exit code; raises `StartError`.

    A single process answers itself; several are forks, which start quickly and share the memory of the documents.
    """
    logs.configure(settings.log_level)
    raise_file_limit()
    bounds = Bounds.of(settings)
    config = server_config(application, settings, bounds)
    gc.disable()  # All objects made here stay: to collect garbage in between takes a tenth of the start,
    config.load()
    listening = [config.bind_socket()]
    gc.freeze()  # and later would take time, and copy memory that forks share.
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()

    workers = settings.workers or _cores()
    if workers > 1:
        work = partial(SharingServer(config, bounds).run, listening)
        return Forks(work, hopeless=STARTUP_FAILURE, ending=partial(_turn_away, listening)).run(workers)
    OnlyServer(config, bounds).run(listening)
    return 0


def _turn_away(listening: list[socket.socket]) -> None:
    """Refuse new connections; the forks, which have the sockets, too, accept those that wait already."""
    for each in listening:
        turn_away(each)
        each.close()


def server_config(application: str | ASGIApp, settings: Settings, bounds: Bounds) -> Config:
    """The uvicorn configuration for the application."""
    return Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=partial(HttpProtocol, bounds=bounds),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=False,  # The application sets its own.
        proxy_headers=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """Serve the application that the command line names; see above."""
    application, *libraries = sys.argv[1:]
    if libraries:
        gc.disable()  # As in `serve`.
        for library in libraries:
            import_module(library)
        await_environment()
    try:
        sys.exit(serve(application, Settings.read()))
    except StartError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
