# SPDX-License-Identifier: Apache-2.0
"""The TM Forum APIs that are served, one short module each. To add one, list it here."""

from app.apis.api import Api, Version
from app.apis.customer import CUSTOMER
from app.apis.event import EVENT
from app.apis.party import PARTY
from app.apis.party_interaction import PARTY_INTERACTION
from app.apis.party_role import PARTY_ROLE

APIS = (PARTY, CUSTOMER, PARTY_INTERACTION, PARTY_ROLE, EVENT)

__all__ = ["APIS", "Api", "Version"]
