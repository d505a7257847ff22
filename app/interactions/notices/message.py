# SPDX-License-Identifier: Apache-2.0
"""What a notice says, and what it is said of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Message:
    """A notice in words: plain text. `language` is its tag (BCP 47), from which the direction of writing follows."""

    subject: str
    text: str
    language: str


@dataclass(frozen=True)
class NoticeValues:
    """What a template may say of an interaction: all the variables that it has.

    `sent` is now, and `due` when the promise is due, or was; for a `survey`, until when it can be answered. Both are
    aware of their zone; `time_zone` is the recipient's, as in `Europe/Amsterdam`. `promise` is `firstResponse`,
    `progress` or `resolution`. Every text is data: no part of it is ever read as a template.
    """

    interaction_id: str
    reason: str
    status: str
    sent: datetime
    due: datetime
    promise: str = ""
    recipient_name: str = ""
    assignee_name: str = ""
    survey_link: str = ""
    reopened: int = 0
    time_zone: str = "UTC"
