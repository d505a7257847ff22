# SPDX-License-Identifier: Apache-2.0
"""Channel Management, a document of the server's own: the register of the channels that interactions name."""

from app.apis.api import Api, Version
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.rules import IDENTITY, Rules

CHANNEL = Api(
    name="channel",
    number="",
    versions={"v5": Version("channel-v5", {"Channel": NativeMapping(NativeType("Channel"))})},
    rules={"Channel": Rules(fixed=(*IDENTITY, "creationDate"))},
)
