# SPDX-License-Identifier: Apache-2.0
"""Strong identifiers of a party: identifications with a type and a number, such as a passport."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from app.processes.form import TEXT
from app.processes.parties import INDIVIDUAL, ORGANIZATION
from app.processes.step import Step
from app.storage.documents.rows import StoredDocument

IDENTIFICATIONS = {INDIVIDUAL: "individualIdentification", ORGANIZATION: "organizationIdentification"}
"""The attributes that have them, by class."""

KIND, NUMBER, AUTHORITY = "identificationType", "identificationId", "issuingAuthority"
"""The members of an identification."""

IDENTIFICATION: Mapping[str, Mapping[str, Any]] = {
    KIND: {**TEXT, "description": "kind of an identification of the party, in the place of relatedEntity"},
    NUMBER: {**TEXT, "description": "its number"},
    AUTHORITY: {**TEXT, "description": "who issued it; any authority where it is left out"},
}
"""The inputs of a process that is told an identification of a customer instead of its id."""


class Identifier(NamedTuple):
    """An identifier, as it compares: without case and outer blanks."""

    kind: str
    number: str
    authority: str

    @property
    def digest(self) -> str:
        """A name for it from which it cannot be read."""
        return sha256("\n".join(self).encode()).hexdigest()


def identifiers(party: Mapping[str, Any]) -> Iterator[tuple[Identifier, str]]:
    """The strong identifiers of a party, each with the number as it is spelt."""
    for each in party.get(IDENTIFICATIONS.get(str(party.get("@type")), ""), ()):
        if each.get(KIND) and each.get(NUMBER):
            yield identifier_of(each), str(each[NUMBER])


def identifier_of(identification: Mapping[str, Any]) -> Identifier:
    """The identifier that an identification tells."""
    return Identifier(*(str(identification.get(name, "")).strip().casefold() for name in (KIND, NUMBER, AUTHORITY)))


async def find_by_identifier(step: Step, party: Mapping[str, Any]) -> StoredDocument | None:
    """The stored party with a strong identifier of `party`; None when there is none.

    Of an identifier that is not unique here (`LIAISON_UNIQUE`), the number has to be spelt the same.
    """
    if same := await step.same_identity(party["@type"], party):
        return same
    for identifier, number in identifiers(party):
        path = (IDENTIFICATIONS[party["@type"]], "identificationId")
        for named in await step.naming(party["@type"], path, number):
            if identifier in [one for one, _ in identifiers(named.document)]:
                return named
    return None
