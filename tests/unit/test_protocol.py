# SPDX-License-Identifier: Apache-2.0
"""What is written in one turn of the event loop is sent with one call, in its order, and nothing is left behind."""

import asyncio
from collections.abc import Iterable

import pytest

from app.http.server.transport import InOnePiece

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """Notes what is sent, and when it is closed."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 4711)})
        self.sent: list[bytes | None] = []

    def is_closing(self) -> bool:
        return None in self.sent

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.sent.append(b"|".join(list_of_data))

    def close(self) -> None:
        self.sent.append(None)


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_head_and_body_of_an_answer_leave_together(wire: Wire) -> None:
    transport = InOnePiece(wire)
    transport.write(b"head")
    transport.write(b"body")
    assert wire.sent == []
    await asyncio.sleep(0)
    assert wire.sent == [b"head|body"]


async def test_what_is_written_later_is_sent_later(wire: Wire) -> None:
    transport = InOnePiece(wire)
    for data in (b"one", b"two"):
        transport.write(data)
        await asyncio.sleep(0)
    assert wire.sent == [b"one", b"two"]


async def test_a_connection_is_closed_behind_what_was_written(wire: Wire) -> None:
    transport = InOnePiece(wire)
    transport.write(b"last")
    transport.close()
    await asyncio.sleep(0)
    assert wire.sent == [b"last", None]


async def test_what_was_written_can_be_sent_before_the_turn_ends(wire: Wire) -> None:
    transport = InOnePiece(wire)
    transport.write(b"answer")
    transport.flush()
    wire.close()
    await asyncio.sleep(0)
    assert wire.sent == [b"answer", None]


async def test_all_else_is_asked_of_the_connection_itself(wire: Wire) -> None:
    assert InOnePiece(wire).get_extra_info("peername") == ("127.0.0.1", 4711)
