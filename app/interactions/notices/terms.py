# SPDX-License-Identifier: Apache-2.0
"""The terms of notices in a version of the policies: who is told that is no party here, and who agrees to be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.interactions.consent import ConsentPolicy
from app.interactions.notices.transport import EMAIL


@dataclass(frozen=True)
class Recipient:
    """Where those are told of whom a policy names the role alone, such as a team lead."""

    address: str
    medium: str = EMAIL
    name: str = ""
    language: str = ""


@dataclass(frozen=True)
class NoticeTerms:
    """The consent that parties need to have given, or not refused, and recipients by their role in lower case."""

    consent: ConsentPolicy
    recipients: Mapping[str, Recipient] = field(default_factory=dict)


_NOBODY = frozenset[str]()
NO_TERMS = NoticeTerms(ConsentPolicy(False, _NOBODY, _NOBODY, _NOBODY, _NOBODY))
"""Those of policies that tell nobody anything."""
