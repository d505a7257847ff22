# SPDX-License-Identifier: Apache-2.0
"""Interaction Insight, a document of the server's own: figures about interactions. It has no resources of its own."""

from app.apis.api import Api, Version

INTERACTION_INSIGHT = Api(
    name="interaction-insight", number="", versions={"v1": Version("interaction-insight-v1", {})}, rules={}
)
