# SPDX-License-Identifier: Apache-2.0
"""Satisfaction Management, a document of the server's own: what parties answer when they are asked (eTOM 1.6.9)."""

from app.apis.api import Api, Version
from app.apis.v5_parts import plain
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.steps import Nested
from app.domain.rules import IDENTITY, RECORD, Demand, Rules

_ANSWER = ("score", "comment")

SATISFACTION = Api(
    name="satisfaction",
    number="",
    versions={
        "v5": Version(
            "satisfaction-v5",
            {
                "SatisfactionSurvey": NativeMapping(
                    NativeType("SatisfactionSurvey"),
                    Nested("respondent", plain("PartyRef")),
                    Nested("ratedEntity", plain("RatedEntityRef")),
                )
            },
        )
    },
    rules={
        "SatisfactionSurvey": Rules(
            # Whose answer it is, and to which question, stays as it was asked.
            fixed=(*IDENTITY, "surveyType", "respondent", "creationDate"),
            demands=(
                Demand("status", "asked", excluded=_ANSWER),
                Demand("status", "answered", ("score",)),
                Demand("status", "expired", excluded=_ANSWER),
            ),
            archived=RECORD,
        )
    },
)
