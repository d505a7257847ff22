# SPDX-License-Identifier: Apache-2.0
"""TMF672 Roles and Permissions: the roles of the server, each a set of permissions. Clients only read them."""

from app.apis.api import Api, Version
from app.domain.mapping.native import NativeMapping
from app.domain.rules import Rules

PERMISSION = Api(
    name="permission",
    number="TMF672",
    versions={"v5": Version("permission-v5", {"PermissionSpecificationSet": NativeMapping()})},
    rules={"PermissionSpecificationSet": Rules()},
)
