# SPDX-License-Identifier: Apache-2.0
"""What a process has freed and does not use goes back to the system while it is idle."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from uvicorn import Config

from app.http.server.bounds import Bounds
from app.http.server.socket_accept import GIVING_TICKS, SharingServer
from app.system.memory import own_bytes

BLOCK = 100_000
"""Bytes for which the C library asks the system for no memory of their own."""


async def no_app(*_: Any) -> None:
    """An application that nobody asks anything."""


async def memory_of_idle_server() -> list[int]:
    """How much a server has more than at its start: with 2,000 blocks; with half of them; when it was idle, too."""
    server = SharingServer(Config(no_app, log_config=None), Bounds())
    least, has = own_bytes(), []
    blocks = [b"x" * BLOCK + b"%d" % number for number in range(2000)]
    has.append(own_bytes() - least)
    del blocks[::2]  # those between are in use, so that the C library does not do it by itself
    has.append(own_bytes() - least)
    await server.on_tick(GIVING_TICKS)
    has.append(own_bytes() - least)
    assert len(blocks) == 1000
    return has


def in_new_process() -> list[int]:
    return asyncio.run(memory_of_idle_server())


def test_a_process_that_answers_nobody_gives_back_what_is_free() -> None:
    # Of its own, as that of the tests has as much that others freed.
    with ProcessPoolExecutor(1, get_context("spawn")) as processes:
        full, half_freed, idle = processes.submit(in_new_process).result()
    assert full > 1500 * BLOCK
    assert half_freed > 1500 * BLOCK
    assert idle < 1200 * BLOCK
