# SPDX-License-Identifier: Apache-2.0
"""What a module of this package says of its API."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.mapping.mapping import VersionMapping
from app.domain.rules import Rules


@dataclass(frozen=True)
class Version:
    """One version of an API: its OpenAPI `document` (by name), and the view that it has of each resource."""

    document: str
    views: Mapping[str, VersionMapping]


@dataclass(frozen=True)
class Api:
    """A TM Forum API: its number, its versions by name, and the rules of its resources in all of them.

    The last version is the newest: its shape is the one that is stored.
    """

    name: str
    number: str
    versions: Mapping[str, Version]
    rules: Mapping[str, Rules]
