# SPDX-License-Identifier: Apache-2.0
"""Idempotent creates: a repeat under the same `Idempotency-Key` gets the answer to the first."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.storage.documents.receipts import Key, Receipt, Receipts
from app.storage.mongod.driver import Session


class Write(Protocol):
    """The interface of a write of what is created, in the transaction of a session if there is one."""

    def __call__(self, session: Session | None = None) -> Awaitable[None]: ...


async def create_idempotently(
    receipts: Receipts, key: Key | None, prepare: Callable[[], tuple[Receipt, Write]]
) -> tuple[Receipt, bool]:
    """The receipt of the create, and whether it was made before; `prepare` validates, and returns receipt and write.

    Raises `KeyReused`, and what `prepare` and the write raise.
    """
    if key and (first := await receipts.find(key)):
        return first, True
    answer, write = prepare()
    if key is None:
        await write()
        return answer, False
    earlier = await receipts.keep(key, answer, write)
    return earlier or answer, earlier is not None
