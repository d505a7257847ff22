# SPDX-License-Identifier: Apache-2.0
"""Kinds of attributes: how a value of a document becomes a normalised one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from app.identity.matching.normal_forms import fold_text, phonetic_skeleton
from app.identity.matching.record import Value

Kind = Callable[[str, "KindOptions"], Value | None]


@dataclass(frozen=True)
class KindOptions:
    """What a rule file says of normalisation: words that do not count, other spellings of words, regions, domains."""

    without: frozenset[str] = frozenset()
    spellings: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    ignore_plus: bool = False
    ignore_dots: frozenset[str] = frozenset()


def name_value(text: str, options: KindOptions) -> Value | None:
    """A name without the words that do not count, unless there are no others; its letters are compared together."""
    words = [options.spellings.get(word, word) for word in fold_text(text).split()]
    words = [word for word in words if word not in options.without] or words
    joined = "".join(words)
    return Value(joined, tuple(sorted(set(words))), phonetic_skeleton(joined)) if joined else None


def organization_value(text: str, options: KindOptions) -> Value | None:
    """The name of an organization without legal forms, whether `S.A.R.L.` or `SARL`."""
    return name_value(re.sub(r"(?<=\b\w)\.\s?(?=\w\b)", "", text), options)


def words_value(text: str, options: KindOptions) -> Value | None:
    """Words in any order, such as those of an address."""
    words = [options.spellings.get(word, word) for word in fold_text(text).split()]
    return Value(" ".join(words), tuple(sorted(words))) if words else None


def code_value(text: str, options: KindOptions) -> Value | None:
    """A number or code, without case, blanks and punctuation."""
    folded = fold_text(text).replace(" ", "")
    return Value(folded) if folded else None


def identifier_value(text: str, options: KindOptions) -> Value | None:
    """The number of an identifier; one digit over and over is none."""
    value = code_value(text, options)
    return value if value and len(set(value.text)) > 1 else None


_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
SHORTEST_PHONE = 5

NOON, QUARTER = 12, 15


def date_value(text: str, options: KindOptions) -> Value | None:
    """The day of a date-time, as `YYYY-MM-DD`.

    It was midnight where the date was written: a whole quarter of an hour in UTC stands for the nearest midnight.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        at = date(year, month, day)
        in_utc = match[7] is None or match[7] == "Z"
        if in_utc and hour >= NOON and minute % QUARTER == second == 0:
            at += timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return Value(at.isoformat())


def email_value(text: str, options: KindOptions) -> Value | None:
    """An e-mail address without case, and without what its domain ignores."""
    local, at, domain = text.strip().casefold().rpartition("@")
    if not (local and at and domain):
        return None
    if options.ignore_plus:
        local = local.split("+", 1)[0] or local
    if domain in options.ignore_dots:
        local = local.replace(".", "") or local
    return Value(f"{local}@{domain}")


def phone_value(text: str, options: KindOptions) -> Value | None:
    """A phone number as E.164, or as its digits where it names no country and the rules name no region."""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

    try:
        number = format_number(parse(text, options.region or None), PhoneNumberFormat.E164)
    except NumberParseException:
        number = "".join(str(int(each)) for each in text if each.isdecimal()).lstrip("0")
    return Value(number) if len(number) >= SHORTEST_PHONE else None


KINDS: Mapping[str, Kind] = {
    "name": name_value,
    "organizationName": organization_value,
    "words": words_value,
    "code": code_value,
    "identifier": identifier_value,
    "date": date_value,
    "email": email_value,
    "phone": phone_value,
}


def as_text(value: object) -> str:
    """A value of a document as text; other values than text, numbers and dates have none."""
    if isinstance(value, datetime):  # Without a zone it is in UTC.
        in_utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return in_utc.isoformat(timespec="seconds")
    return str(value) if isinstance(value, str | int | date) and not isinstance(value, bool) else ""
