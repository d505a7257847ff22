# SPDX-License-Identifier: Apache-2.0
"""The declaration of an API: versions with their documents and mappings, and rules of its resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules
from app.spec.bundle import OPENAPI


@dataclass(frozen=True)
class Version:
    """A version of an API: its OpenAPI `document` (by name, in a `folder`), and its mapping of each resource
    (`views`).

    Who has bundled the document already gives it as JSON, compressed by zlib: `bundled`.
    """

    document: str
    views: Mapping[str, VersionMapping]
    folder: Path = OPENAPI
    bundled: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, eq=False)
class Api:
    """An API: TM Forum's number, if it has one, its versions by name, and the rules of its resources in all of them.

    An API may have one version. `stored` is the one whose shape is stored, if that is not the last.
    With `referred_by_type`, references that name one of its resources by `@referredType` must have a target where
    `LIAISON_REFERENCES` is `strict`. Each API chooses that, so that one API more changes nothing of others (ADR 0036).
    Its periods end at or after their start; with `any_order` they may end before it.
    """

    name: str
    number: str
    versions: Mapping[str, Version]
    rules: Mapping[str, Rules]
    stored: str = ""
    referred_by_type: bool = False
    any_order: bool = False

    def version_of_shape(self, resource: str) -> str:
        """The version whose shape of `resource` is stored; where `stored` has no such resource, the last that has."""
        having = [name for name, version in self.versions.items() if resource in version.views]
        return self.stored if self.stored in having else having[-1]
