# SPDX-License-Identifier: Apache-2.0
"""Party Role Management v4 (TMF669): how its resource shows what is stored."""

from app.apis.v4_parts import IN_EVERY_ROLE
from app.domain.mapping.mapping import VersionMapping

PARTY_ROLE = VersionMapping(*IN_EVERY_ROLE)
