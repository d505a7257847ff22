# SPDX-License-Identifier: Apache-2.0
"""Identity Matching, a document of the server's own: who may be the same. It has no resources of its own."""

from app.apis.api import Api, Version

IDENTITY = Api(name="identity", number="", versions={"v1": Version("identity-v1", {})}, rules={})
