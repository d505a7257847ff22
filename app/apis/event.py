# SPDX-License-Identifier: Apache-2.0
"""TMF688 Event Management: the event log of all other APIs. It has no resources of its own."""

from app.apis.api import Api, Version

EVENT = Api(name="event", number="TMF688", versions={"v4": Version("event-v4", {})}, rules={})
