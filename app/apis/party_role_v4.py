# SPDX-License-Identifier: Apache-2.0
"""Party Role Management v4 (TMF669): the mapping of its resource."""

from app.apis.v4_parts import IN_EVERY_ROLE
from app.domain.mapping.mapping import VersionMapping

PARTY_ROLE = VersionMapping(*IN_EVERY_ROLE)
