# SPDX-License-Identifier: Apache-2.0
"""The formats that our documents use, checked strictly and apart from the server's own checks."""

import re
from datetime import date, datetime
from urllib.parse import urlsplit

from jsonschema import FormatChecker

FORMATS = FormatChecker(formats=())

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    """A UTC date-time as the server answers it: with `Z`, and with at most three digits of a fraction."""
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return _DATE_TIME.fullmatch(value) is not None and not value.endswith(".000Z")


@FORMATS.checks("date", raises=ValueError)
def is_date(value: object) -> bool:
    """A calendar day."""
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@FORMATS.checks("uri", raises=ValueError)
def is_uri(value: object) -> bool:
    """An absolute URI."""
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@FORMATS.checks("email")
def is_email(value: object) -> bool:
    """Something before the @, and something after it."""
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None
