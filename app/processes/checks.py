# SPDX-License-Identifier: Apache-2.0
"""Checks: what partner systems answer before a process goes on. One that is down or slow never means yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from app.domain.origin import Origin
from app.errors import BadGateway, TmfError
from app.events.delivery.callback_addresses import Allowed
from app.events.hook import Hook
from app.processes.policies import CheckPolicy

log = structlog.get_logger()

PERMITTED, REASON = "permitted", "reason"
"""The members of an answer: whether the check permits it, and why not."""


@dataclass(frozen=True)
class CheckResult:
    """What a check came to: `permitted` is None when it did not answer. `text` says which check, and why."""

    permitted: bool | None
    text: str


class Checks:
    """Calls checks; `allowed` says which addresses beside public ones may be called."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._hooks: dict[CheckPolicy, Hook] = {}

    async def ask(self, checks: Sequence[CheckPolicy], body: Mapping[str, Any], origin: Origin) -> list[CheckResult]:
        """What the checks answer to `body`, each of which is asked."""
        return [await self._ask(check, body, origin) for check in checks]

    async def close(self) -> None:
        """Close its connections."""
        for hook in self._hooks.values():
            await hook.close()

    async def _ask(self, check: CheckPolicy, body: Mapping[str, Any], origin: Origin) -> CheckResult:
        hook = self._hooks.setdefault(
            check, Hook(check.name, check.url, allowed=self._allowed, timeout_seconds=check.seconds)
        )
        try:
            answer = await hook.result(body, origin)
            return _result(check, answer)
        except TmfError as failure:
            log.warning("a check did not answer", check=check.name, error=failure.message)
            return CheckResult(None, f"{check.name}: {failure.message}")


def _result(check: CheckPolicy, answer: Mapping[str, Any]) -> CheckResult:
    permitted, reason = answer.get(PERMITTED), answer.get(REASON, "")
    if not isinstance(permitted, bool) or not isinstance(reason, str):
        raise BadGateway(f"it should answer an object with `{PERMITTED}`, true or false, and `{REASON}`, a text")
    return CheckResult(permitted, f"{check.name}: {reason or ('yes' if permitted else 'no')}")
