# SPDX-License-Identifier: Apache-2.0
"""TMF644 Privacy Management: what parties allow an operator to do with what it knows of them."""

from app.apis import privacy_v4, privacy_v5
from app.apis.api import Api, Version
from app.domain.rules import IDENTITY, Rules

PRIVACY = Api(
    name="privacy",
    number="TMF644",
    versions={"v4": Version("privacy-v4", privacy_v4.VIEWS), "v5": Version("privacy-v5", privacy_v5.VIEWS)},
    rules={
        "PartyPrivacyProfile": Rules(fixed=(*IDENTITY, "creationDate")),
        "PartyPrivacyProfileSpecification": Rules(),
        "PartyPrivacyAgreement": Rules(),
    },
    any_order=True,
)
