# SPDX-License-Identifier: Apache-2.0
"""Checks all stored documents of a resource against each version of its API, and counts those that do not conform."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.domain.violations import Violation
from app.resources.conformance import is_left_out, violations
from app.resources.resource import Resource
from app.storage.documents.rows import StoredDocument
from app.storage.documents.scan import Scan

EXAMPLES = 3
"""Documents of one version that a report names."""
REASONS = 5
"""Violations of one document that a report tells."""
STEP = 100
"""Documents between two reports of progress."""


@dataclass
class Findings:
    """The result of a check in one version of a resource.

    `refused` counts the documents that do not conform; `examples` are the ids and violations of the first of them.
    `incomplete` counts those that only miss what the version whose shape is stored does not demand (`is_left_out`).
    """

    api: str
    version: str
    resource: str
    refused: int = 0
    incomplete: int = 0
    examples: list[tuple[str, list[Violation]]] = field(default_factory=list)

    def add(self, id: str, found: Sequence[Violation], *, is_refused: bool) -> None:
        """Count a document with these violations."""
        if not is_refused:
            self.incomplete += 1
            return
        self.refused += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append((id, list(found)))


@dataclass(frozen=True)
class ServedResource:
    """A resource of the API called `api`, in all `versions` that are served."""

    api: str
    name: str
    versions: Sequence[Resource]


@dataclass
class Report:
    """The result of a check of one resource: `findings` for each version, how many documents were `read`, and how many
    of them are `refused` by some version."""

    findings: list[Findings]
    read: int = 0
    refused: int = 0


async def check_conformance(
    served: ServedResource, scan: Scan, advance: Callable[[int], None], stop: asyncio.Event | None = None
) -> Report:
    """Check every document that `scan` reads, until `stop` is set; `advance` is told how many more are read.

    Memory is bounded, whatever the collection has. Raises `PyMongoError`.
    """
    report = Report([Findings(served.api, each.version, served.name) for each in served.versions])
    async for stored in scan.documents():
        report.read += 1
        report.refused += _check(served.versions, stored, report.findings)
        if report.read % STEP == 0:
            advance(STEP)
            await asyncio.sleep(0)
            if stop and stop.is_set():
                return report
    advance(report.read % STEP)
    return report


def _check(versions: Sequence[Resource], stored: StoredDocument, findings: Sequence[Findings]) -> bool:
    """Add the violations of a document to `findings`, one for each version; whether a version refuses it."""
    refused = False
    for resource, finding in zip(versions, findings, strict=True):
        if found := violations(resource, stored):
            is_refused = not all(is_left_out(resource, each) for each in found)
            finding.add(stored.id, found, is_refused=is_refused)
            refused |= is_refused
    return refused


def finding_lines(finding: Findings, read: int) -> list[str]:
    """The lines of a report on findings among `read` documents: the number, then id and violations of each example."""
    what = f"{finding.resource} {finding.version} ({finding.api})"
    lines = [f"{what}: {finding.refused} of {read} documents do not conform"]
    lines += [f"  {id}: {_reasons(found)}" for id, found in finding.examples]
    if finding.incomplete:
        lines.append(
            f"{what}: {finding.incomplete} lack only what the version that is stored does not demand: no fault"
        )
    return lines


def _reasons(found: Sequence[Violation]) -> str:
    more = f"; and {len(found) - REASONS} more" if len(found) > REASONS else ""
    return "; ".join(f"{each.place or 'the document'} {each.message}" for each in found[:REASONS]) + more
