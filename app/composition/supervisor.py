# SPDX-License-Identifier: Apache-2.0
"""The supervisor of `liaison serve`: embedded database, server and relay, started in order, restarted, stopped."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType

import structlog

from app.errors import DocumentsError, StartError
from app.settings import Settings
from app.storage.hubs.vault import with_key
from app.storage.mongod.client import wait_for_primary
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from app.storage.mongod.keeper import Keeper
from app.storage.mongod.noted_digests import is_checking
from app.storage.mongod.noted_settings import note
from app.system.backoff import Backoff
from app.system.children import Child, SupervisedChild
from app.system.early_child import EarlyChild
from app.system.ports import check_free, free_port, reachable

LIBRARIES = ["app.composition.data_admission", "app.composition.factory", "app.http.middleware.stack"]
"""What a server process loads while its environment is not known yet: the application is made of it."""
LIVENESS_PATH = "/health/live"
DATABASE_SECONDS = 30.0
SERVING_SECONDS = 60.0
CHECKING_SECONDS = 10.0
"""Seconds between two looks, past that time, at whether the server still checks stored documents."""
STOP_MARGIN_SECONDS = 5.0
"""Seconds beyond the time for requests in flight after which a child is killed."""
RELAY_STOP_SECONDS = 15.0
PROBE_SECONDS = 5.0
BEAT_SECONDS = 0.1
PORT_SECONDS = 3.0
"""Seconds for which processes of a killed supervisor may still use the port."""
RELAY_PAUSE_SECONDS = 1.0
LONGEST_RELAY_PAUSE_SECONDS = 60.0
SERVER_PAUSE_SECONDS = 1.0
LONG_LIFE_SECONDS = 10.0
MOST_SHORT_LIVES = 5
"""Short lives of the server in a row after which the supervisor gives up."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Commands:
    """The command lines of the children, which read the settings in their environment; without `relay` none runs.

    The server is started with the arguments `early`, too, if there are any, while its environment is not known yet:
    it then does what it can do without, and waits to be told.
    """

    server: list[str]
    relay: list[str]
    early: list[str] = field(default_factory=list)


def commands_of(settings: Settings) -> Commands:
    """The command lines that `settings` asks for."""
    server = [sys.executable, "-m", "app.http.server.processes", "app.composition.asgi:app"]
    relay = [sys.executable, "-m", "app.cli", "relay"] if settings.relay else []
    return Commands(server=server, relay=relay, early=LIBRARIES)


def serve(
    settings: Settings,
    on_serving: Callable[[str], None] | None = None,
    commands: Callable[[Settings], Commands] = commands_of,
    *,
    check: Callable[[], None] = lambda: None,
    inherited: Sequence[int] = (),
) -> int:
    """Run all processes until SIGTERM or SIGINT; a second signal kills them. Call it from the main thread.

    `on_serving` is called with the URL once the server answers; port 0 means any free port. `check` may raise a
    `StartError` before anything but the server's libraries is loaded. The children inherit descriptors.
    Returns 0 after a signal, 1 when the server or the database ended again and again. Raises `StartError`.
    """
    if settings.port == 0:
        settings = replace(settings, port=free_port(settings.host))
    return Supervisor(settings, commands(settings), on_serving, check, inherited).run()


class Supervisor:
    """The parent of all processes, which end with it, even when it is killed."""

    def __init__(
        self,
        settings: Settings,
        commands: Commands,
        on_serving: Callable[[str], None] | None,
        check: Callable[[], None],
        inherited: Sequence[int],
    ) -> None:
        self._settings, self._commands, self._on_serving = settings, commands, on_serving
        self._check, self._inherited = check, inherited
        self._keeper: Keeper | None = None
        self._relay: SupervisedChild | None = None
        self._signals = 0
        self._starting = True

    def run(self) -> int:
        """Start all processes, supervise them, and stop them: first the server, which finishes its requests."""
        check_free(self._settings.host, self._settings.port, seconds=PORT_SECONDS)
        with suppress(KeyboardInterrupt), self._counting_signals(), ExitStack() as running:
            early = EarlyChild("server", self._commands.server, self._commands.early, self._inherited)
            running.callback(early.stop)
            self._check()
            return self._run(early, running)
        return 0

    def _run(self, early: EarlyChild, running: ExitStack) -> int:
        try:
            return self._watch(self._start(early, running))
        finally:
            self._starting = False
            log.info("stopping")

    def _start(self, early: EarlyChild, running: ExitStack) -> SupervisedChild:
        uri = self._database(running)
        self._note(uri)
        environment = {**os.environ, **with_key(self._settings).environment(), "MONGODB_URI": uri}
        if self._commands.relay:
            start = partial(Child, "relay", self._commands.relay, environment, inherited=self._inherited)
            self._relay = SupervisedChild(start, Backoff(RELAY_PAUSE_SECONDS, LONGEST_RELAY_PAUSE_SECONDS))
            running.callback(self._relay.stop, RELAY_STOP_SECONDS, self._hurried)
        backoff = Backoff(SERVER_PAUSE_SECONDS, LONG_LIFE_SECONDS, at_once=True, most=MOST_SHORT_LIVES)
        server = SupervisedChild(partial(early.start, environment), backoff)
        running.callback(server.stop, self._settings.shutdown_seconds + STOP_MARGIN_SECONDS, self._hurried)
        self._wait_until_serving(server, replace(self._settings, mongodb_uri=uri))
        return server

    def _database(self, running: ExitStack) -> str:
        if self._settings.mongodb_uri:
            wait_for_primary(self._settings.mongodb_uri, DATABASE_SECONDS)
            return self._settings.mongodb_uri
        mongod = running.enter_context(EmbeddedMongod(Path(self._settings.data)))
        self._keeper = Keeper(mongod, self._settings.reserved_megabytes)
        return mongod.uri

    def _note(self, uri: str) -> None:
        """Note the settings for commands beside the server; on a full disk the earlier ones stay noted."""
        try:
            note(replace(self._settings, mongodb_uri=uri))
        except DatabaseError as error:
            log.warning("the settings could not be noted for other commands", error=str(error))

    def _wait_until_serving(self, server: SupervisedChild, settings: Settings) -> None:
        """Wait for the first answer: `SERVING_SECONDS`, and as long as the server checks stored documents."""
        server.tend()
        deadline = time.monotonic() + SERVING_SECONDS
        while not answers(self._settings.host, self._settings.port):
            if server.ended():
                kind = DocumentsError if server.exit_code == DocumentsError.exit_code else StartError
                raise kind(f"the server ended while it started (exit code {server.exit_code}); it said why above.")
            if time.monotonic() > deadline and checks_stored_data(settings):
                deadline = time.monotonic() + CHECKING_SECONDS
            if time.monotonic() > deadline:
                raise StartError(f"the server did not answer GET {LIVENESS_PATH} within {SERVING_SECONDS:g} s.")
            time.sleep(BEAT_SECONDS)
        log.info("serving", url=self._settings.root_url)
        if self._on_serving:
            self._on_serving(self._settings.root_url)

    def _watch(self, server: SupervisedChild) -> int:
        self._starting = False
        while not self._signals:
            if not self._database_kept():
                log.error("giving up: mongod ends again and again; its log says why")
                return 1
            if not server.tend():
                log.error("giving up: the server ends again and again; it said why above", exit_code=server.exit_code)
                return 1
            if self._relay:
                self._relay.tend()
            time.sleep(BEAT_SECONDS)
        return 0

    def _database_kept(self) -> bool:
        """Supervise the embedded database, if there is one; false to give up. A signal interrupts its start."""
        if self._keeper is None:
            return True
        self._starting = True
        try:
            return bool(self._signals) or self._keeper.tend()
        finally:
            self._starting = False

    def _hurried(self) -> bool:
        return self._signals > 1

    @contextmanager
    def _counting_signals(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Count signals; the first one interrupts a start, which may be waiting for a database."""
        self._signals += 1
        if self._starting and self._signals == 1:
            raise KeyboardInterrupt


def checks_stored_data(settings: Settings) -> bool:
    """Whether a server of this database is checking stored documents; false when the database fails."""
    try:
        return is_checking(settings)
    except DatabaseError as error:
        log.warning("the database did not tell whether stored documents are checked", error=str(error))
        return False


def answers(host: str, port: int) -> bool:
    """Whether the server on `host` and `port` answers the liveness probe."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", LIVENESS_PATH)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
