# SPDX-License-Identifier: Apache-2.0
"""The policies of interactions of a server, and the versions of them that its database keeps."""

from app.domain import dates
from app.interactions.policies import PolicyVersion, PolicyVersions
from app.interactions.policies_file import policy_version
from app.storage.interactions.policy_versions import KeptPolicies
from app.storage.mongod.durable import Database


async def connect_policies(versions: PolicyVersions, database: Database) -> None:
    """Keep the version in force, and let those be known that are kept; later ones are looked up when they are met."""
    kept = KeptPolicies(database)

    async def load(digest: str) -> PolicyVersion | None:
        content = await kept.find(digest)
        return policy_version(content) if content else None

    await kept.keep(versions.current.digest, versions.current.content, dates.now())
    async for content in kept.all():
        versions.add(policy_version(content))
    versions.load = load
