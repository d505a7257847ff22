# SPDX-License-Identifier: Apache-2.0
"""A mail server that tests kill: a line in a file for each message that it is about to answer 250 to.

`python -m tests.chaos.mail_sink PORT FILE`: a line is the Message-ID and the time, by the clock of all processes.
"""

import asyncio
import random
import sys
import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

LONGEST_SECONDS = 0.02


class _Sink:
    def __init__(self, file: Path) -> None:
        self._lines = file.open("a", encoding="ascii", buffering=1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        """Take a while, in which it may be killed within DATA."""
        await asyncio.sleep(random.uniform(0, LONGEST_SECONDS))
        self._lines.write(f"{message_from_bytes(envelope.content)['Message-ID']} {time.monotonic()}\n")
        return "250 2.0.0 OK"


async def _serve(port: int, file: Path) -> None:
    sink = _Sink(file)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(sink), "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
