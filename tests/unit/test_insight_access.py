# SPDX-License-Identifier: Apache-2.0
"""Figures are for whoever sees all that they are made of."""

import pytest

from app.access.principal import Principal
from app.access.restrictions import Restrictions
from app.domain.restriction import SensitiveElements
from app.errors import Forbidden
from app.interactions.insight.insight import require_whole_view

OPEN = Restrictions("SatisfactionSurvey", "satisfactionSurvey:read")
SENSITIVE = Restrictions("PartyInteraction", "partyInteraction:read", sensitive={"reason": "reason:reveal"})
ELEMENTS = Restrictions(
    "PartyInteraction",
    "partyInteraction:read",
    sensitive_elements=[SensitiveElements("relatedParty", "role", "witness", "witness:reveal")],
)


def principal(*scopes: str, parties: frozenset[str] | None = None) -> Principal:
    return Principal("issuer", "subject", "client", frozenset(scopes), 0, parties)


@pytest.mark.parametrize(("restrictions", "scope"), [(SENSITIVE, "reason:reveal"), (ELEMENTS, "witness:reveal")])
def test_who_does_not_see_an_attribute_cannot_group_by_it(restrictions: Restrictions, scope: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        require_whole_view(principal("*:read"), [OPEN, restrictions])
    assert scope in refusal.value.headers["WWW-Authenticate"]
    require_whole_view(principal("*:read", scope), [OPEN, restrictions])


def test_who_is_bound_to_a_party_has_no_figures_whatever_else_it_may() -> None:
    with pytest.raises(Forbidden):
        require_whole_view(principal("*:*", parties=frozenset({"4188"})), [OPEN])
    require_whole_view(None, [SENSITIVE])
