# SPDX-License-Identifier: Apache-2.0
"""What is told of an id that is not there any more, as it is in the archive: 410 with a link, to those who may know."""

from app.access.principal import Principal
from app.domain.events import lower_camel
from app.domain.scopes import READ, covers
from app.errors import Gone, shorten
from app.resources.archive.archive import Archive

ARCHIVES = "archives"
"""The relation of a link to a collection of records of historical interest (HTML 4, registered with IANA)."""


class Absence:
    """Tells whether ids of a `resource` that are not there are archived."""

    def __init__(self, archive: Archive, resource: str) -> None:
        self._archive = archive
        self._resource = resource
        self._scope = f"{lower_camel(archive.register.resource.name)}:{READ}"

    async def error(self, id: str, principal: Principal | None) -> Gone | None:
        """The error that links to the bundle of an id; None where it is in none, or the principal may not know of it.

        Nothing is looked up for those who may not know, so that not even the time that it takes tells them.
        """
        if principal and (principal.parties is not None or not covers(principal.scopes, self._scope)):
            return None
        pointer = await self._archive.rows.pointer((self._resource, id))
        if pointer is None:
            return None
        bundle = self._archive.register.resource.href(str(pointer["bundle"]))
        message = f"{self._resource} {shorten(id)} is archived, in {bundle}"
        return Gone(message, {"Link": f'<{bundle}>; rel="{ARCHIVES}"'}, bundle)
