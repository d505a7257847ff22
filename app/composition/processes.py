# SPDX-License-Identifier: Apache-2.0
"""Wiring of processes: their definitions with the policies of a deployment, their flows, and the runner of these."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app.composition.api_resources import ApiVersion
from app.domain.retention import RetentionSchedule
from app.events.delivery.callback_addresses import allowed_networks
from app.processes.archive import ARCHIVE
from app.processes.customer_finder import CustomerFinder
from app.processes.definition import Processes
from app.processes.duplicate_flows import DuplicateFlows
from app.processes.erase import ERASE
from app.processes.establish import ESTABLISH
from app.processes.flows import Flows
from app.processes.merge_customer import MERGE_CUSTOMER
from app.processes.merge_party import MERGE_PARTY
from app.processes.policies import Policies, read_policies
from app.processes.reestablish import REESTABLISH
from app.processes.resolve_duplicate import RESOLVE_DUPLICATE
from app.processes.step import Collection, Services
from app.processes.terminate import terminate
from app.processes.unmerge_customer import UNMERGE_CUSTOMER
from app.processes.unmerge_party import UNMERGE_PARTY
from app.resources.archive.archive import Archive
from app.resources.merged_references import MergedReferences
from app.resources.relationships import Relationships
from app.resources.restricted_engine import Collections
from app.settings import Settings
from app.spec.process_resources import FLOW, TASK
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.mentions import Mentions
from app.storage.erasure import Erasure
from app.storage.identity.suspicions import Suspicions
from app.storage.mongod.durable import Database
from app.storage.processes.runs import Runs

if TYPE_CHECKING:
    from app.processes.checks import Checks
    from app.processes.runner import Runner


def processes_of(settings: Settings) -> Processes:
    """The processes of a server with these settings. Raises `StartError` for wrong policies."""
    return _processes(read_policies(settings.policies), archived=True)


class ProcessWiring:
    """What the processes of a server are made of."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        parts: list[ApiVersion],
        collections: Collections,
        holds: LegalHolds,
        archive: Archive | None,
        erasure: Callable[[], Erasure],
        schedule: RetentionSchedule,
        merged: MergedReferences,
        relationships: Mapping[str, Relationships],
    ) -> None:
        self._settings, self._database, self._holds = settings, database, holds
        self._archive, self._erasure, self._schedule, self._merged = archive, erasure, schedule, merged
        self._policies = read_policies(settings.policies)
        self.processes = _processes(self._policies, archive is not None)
        self._collections = {
            name: Collection(each.stored, each.documents, relationships.get(name)) for name, each in collections.items()
        }
        self.customers = CustomerFinder(self._collections, archive)
        named = _process_resources(parts)
        self.runs = Runs(database, named[FLOW]) if FLOW in named else None
        self.flows = (
            Flows(self._collections[named[FLOW]], self._collections[named[TASK]], self.runs, self.processes, archive)
            if self.runs
            else None
        )
        self._checks: Checks | None = None

    async def prepare(self) -> None:
        """Create the indexes that the runner needs."""
        if self.runs:
            await self.runs.prepare()
            await self._merged.aliases.prepare()
            await self._merged.journal.prepare()
            await Suspicions(self._database).prepare()

    def runner(self, **options: Any) -> "Runner | None":
        """The runner of the flows, with such `options` as its clock; None on a server that serves no flows."""
        if self.flows is None:
            return None
        # A server process performs no flows, and should not load what calls partners.
        from app.processes.checks import Checks
        from app.processes.runner import Runner

        self._checks = Checks(allowed_networks(self._settings.callback_networks))
        duplicates = DuplicateFlows(self._database, RESOLVE_DUPLICATE, self.flows, self._collections)
        return Runner(
            self._database,
            self.flows,
            self._services(self.flows, self._checks),
            chores=[duplicates.begin, duplicates.end],
            **options,
        )

    def _services(self, flows: Flows, checks: "Checks") -> Services:
        return Services(
            collections=self._collections,
            policies=self._policies,
            checks=checks,
            legal_holds=self._holds,
            archive=self._archive,
            erasure=self._erasure,
            schedule=self._schedule,
            remove_flow=flows.remove_ended,
            can_begin=flows.can_begin,
            aliases=self._merged.aliases,
            mentions=Mentions(self._database),
            journal=self._merged.journal,
            merged=self._merged,
            suspicions=Suspicions(self._database),
            runs=flows.runs,
        )

    async def release(self) -> None:
        """Close the connections of its runner."""
        if self._checks:
            await self._checks.close()


def _processes(policies: Policies, archived: bool) -> Processes:
    """The processes; without an archive none that needs one."""
    merging = [MERGE_PARTY, MERGE_CUSTOMER, UNMERGE_PARTY, UNMERGE_CUSTOMER, RESOLVE_DUPLICATE]
    always = [ESTABLISH, terminate(policies.terminate), REESTABLISH, ERASE, *merging]
    return Processes([*always, *([ARCHIVE] if archived else [])])


def _process_resources(parts: list[ApiVersion]) -> Mapping[str, str]:
    """The resources of processes, by what they are of one."""
    declared = ((each.process, name) for part in parts for name, each in part.declared.items())
    return {process: name for process, name in declared if process}
