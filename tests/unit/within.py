# SPDX-License-Identifier: Apache-2.0
"""Elements of the arrays of an individual, as they are stored and as a v4 client sees them."""

from app.apis.party_v4 import INDIVIDUAL
from app.domain.mapping.step import Members


def stored_in(name: str, element: Members) -> Members:
    """What is stored for one `element` of an individual's array `name`, after checking that it comes back."""
    stored = INDIVIDUAL.to_stored({name: [element]})
    assert INDIVIDUAL.to_version(stored) == {name: [element]}
    kept: Members = stored[name][0]
    return kept


def shown_in(name: str, element: Members) -> Members:
    """What a v4 client sees of a stored `element` of an individual's array `name`."""
    shown: Members = INDIVIDUAL.to_version({name: [element]})[name][0]
    return shown
