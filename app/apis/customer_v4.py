# SPDX-License-Identifier: Apache-2.0
"""Customer Management v4 (TMF629): the mapping of its resource."""

from app.apis.v4_parts import IN_EVERY_ROLE
from app.domain.mapping.mapping import VersionMapping

CUSTOMER = VersionMapping(*IN_EVERY_ROLE)
