# SPDX-License-Identifier: Apache-2.0
"""Date-times and periods: one spelling out, any offset in, milliseconds kept, order checked."""

import httpx
import pytest

from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual, interaction
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION

SPELLINGS = [
    ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
    ("2024-05-01T10:00:00.000Z", "2024-05-01T10:00:00Z"),
    ("2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00Z"),
    ("2024-05-01T10:00:00-00:00", "2024-05-01T10:00:00Z"),
    ("2024-05-01t10:00:00z", "2024-05-01T10:00:00Z"),
    ("2024-05-01T01:30:00+05:30", "2024-04-30T20:00:00Z"),
    ("2024-12-31T23:00:00-02:00", "2025-01-01T01:00:00Z"),
    ("2024-05-01T10:00:00.5Z", "2024-05-01T10:00:00.500Z"),
    ("2024-05-01T10:00:00.120Z", "2024-05-01T10:00:00.120Z"),
    ("2024-05-01T10:00:00.123456789Z", "2024-05-01T10:00:00.123Z"),
    ("2024-05-01T10:00:00.0009Z", "2024-05-01T10:00:00Z"),
    ("2024-05-01T23:59:59.999999+00:00", "2024-05-01T23:59:59.999Z"),
    ("0800-12-25T00:00:00Z", "0800-12-25T00:00:00Z"),
    ("1967-09-26T05:00:00.246Z", "1967-09-26T05:00:00.246Z"),
    ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
]
WRONG = [
    "2024-05-01",
    "2024-05-01T10:00:00",
    "2024-05-01 10:00:00Z",
    "2024-05-01T10:00Z",
    "2024-05-01T10:00:00+0200",
    "2024-02-30T10:00:00Z",
    "2024-13-01T10:00:00Z",
    "2024-05-01T24:00:00Z",
    "2024-05-01T10:60:00Z",
    "2024-05-01T10:00:00+24:00",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "yesterday",
    "",
    "1714557600",
    "\uff12024-05-01T10:00:00Z",
]


@pytest.mark.parametrize(("sent", "told"), SPELLINGS)
def test_a_date_time_is_told_in_utc_with_z(client: httpx.Client, sent: str, told: str) -> None:
    note = {"date": sent}
    shown = created(
        client, INTERACTION, interaction(creationDate=sent, note=[note], interactionItem=[{"note": [note]}])
    )
    assert shown["creationDate"] == told
    assert (shown["note"], shown["interactionItem"]) == ([{"date": told}], [{"note": [{"date": told}]}])
    assert client.get(shown["href"]).json() == shown
    assert patched(client, shown, {"note": [note], "creationDate": sent}) == shown


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_date_time_with_an_offset_is_refused(client: httpx.Client, wrong: str) -> None:
    assert "/birthDate" in refused(client.post(INDIVIDUAL, json=individual(birthDate=wrong)), 400, "24")
    nested = interaction(interactionItem=[{"itemDate": {"startDateTime": wrong}}])
    assert "/interactionItem/0/itemDate/startDateTime" in refused(client.post(INTERACTION, json=nested), 400, "24")
    shown = created(client, INDIVIDUAL, individual())
    assert "/birthDate" in refused(client.patch(shown["href"], json={"birthDate": wrong}), 400, "24")


@pytest.mark.parametrize("wrong", [7, 1714557600000, True, ["2024-05-01T10:00:00Z"], {"$date": 1}, {"date": "x"}])
def test_a_date_time_is_text(client: httpx.Client, wrong: object) -> None:
    refused(client.post(INDIVIDUAL, json=individual(birthDate=wrong)), 400, "24")


def test_text_that_looks_like_a_date_stays_as_it_is(client: httpx.Client) -> None:
    text = "2024-05-01T12:00:00.000+02:00"
    shown = created(client, INDIVIDUAL, individual(title=text, x=text, y={"startDateTime": text, "endDateTime": "a"}))
    assert (shown["title"], shown["x"], shown["y"]["startDateTime"]) == (text, text, text)
    value = [{"name": "since", "value": text}]
    assert created(client, INDIVIDUAL, individual(partyCharacteristic=value))["partyCharacteristic"] == value


BACKWARDS = {"startDateTime": "2024-05-01T10:00:00Z", "endDateTime": "2024-05-01T11:59:59+02:00"}


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        (CUSTOMER, customer(validFor=BACKWARDS), "/validFor"),
        (INDIVIDUAL, individual(skill=[{}, {"validFor": BACKWARDS}]), "/skill/1/validFor"),
        (INTERACTION, interaction(interactionDate=BACKWARDS), "/interactionDate"),
        (INTERACTION, interaction(interactionItem=[{"itemDate": BACKWARDS}]), "/interactionItem/0/itemDate"),
    ],
)
def test_a_period_may_not_end_before_it_starts(
    client: httpx.Client, path: str, body: dict[str, object], place: str
) -> None:
    assert f"{place}/endDateTime" in refused(client.post(path, json=body), 400, "24")


def test_a_period_may_end_when_it_starts_or_be_open(client: httpx.Client) -> None:
    for period in (
        {"startDateTime": "2024-05-01T10:00:00Z", "endDateTime": "2024-05-01T12:00:00+02:00"},
        {"startDateTime": "2024-05-01T10:00:00Z"},
        {"endDateTime": "2024-05-01T10:00:00Z"},
        {},
    ):
        created(client, CUSTOMER, customer(validFor=period))


def test_a_patch_may_not_turn_a_period_around(client: httpx.Client) -> None:
    shown = created(client, CUSTOMER, customer(validFor={"startDateTime": "2024-05-01T10:00:00Z"}))
    patch = {"validFor": {"endDateTime": "2024-01-01T00:00:00Z"}}
    assert "/validFor/endDateTime" in refused(client.patch(shown["href"], json=patch), 400, "24")


def test_nobody_dies_before_birth(client: httpx.Client) -> None:
    body = individual(birthDate="1984-03-17T00:00:00Z", deathDate="1984-03-16T00:00:00Z")
    assert "/deathDate" in refused(client.post(INDIVIDUAL, json=body), 400, "24")
    shown = created(client, INDIVIDUAL, individual(birthDate="1984-03-17T00:00:00Z"))
    patch = {"deathDate": "1900-01-01T00:00:00Z"}
    assert "/deathDate" in refused(client.patch(shown["href"], json=patch), 400, "24")
