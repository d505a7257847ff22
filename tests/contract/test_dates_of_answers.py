# SPDX-License-Identifier: Apache-2.0
"""No answer tells of a change later than itself (RFC 9110 §8.8.2.1), and dates in conditions hold all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import refused
from tests.contract.bodies import individual
from tests.contract.documents import COLLECTIONS, EACH_COLLECTION, Collection
from tests.paths import INDIVIDUAL

CHANGES = 60


@pytest.fixture(params=["keep-alive", "close"])
def client(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client whose connection stays open, and one that opens one for each request."""
    with httpx.Client(base_url=client.base_url, headers={"Connection": request.param}) as speaking:
        yield speaking


def dated(answer: httpx.Response) -> tuple[datetime, datetime]:
    """`Last-Modified` and `Date`; a lawful answer has both, once."""
    names = [name.lower() for name, _ in answer.headers.multi_items()]
    assert (names.count("date"), names.count("last-modified")) == (1, 1)
    modified, date = (parsedate_to_datetime(answer.headers[name]) for name in ("Last-Modified", "Date"))
    assert modified <= date
    return modified, date


@EACH_COLLECTION
def test_an_answer_is_never_older_than_the_change_that_it_tells_of(
    client: httpx.Client, collection: Collection
) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href = answer.headers["Location"]
    dated(answer)
    for number in range(CHANGES // len(COLLECTIONS) + 5):
        dated(client.post(collection.path, json=collection.creates["minimal"]))
        dated(client.patch(href, json={"remark": number}))
        dated(client.get(href))
        dated(client.head(href))
        dated(client.get(client.get(collection.path, params={"limit": 1}).json()[0]["href"]))
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        dated(client.get(href, params={"at": now}))


def test_every_answer_has_the_date_at_which_it_began(client: httpx.Client) -> None:
    href = client.post(INDIVIDUAL, json=individual()).headers["Location"]
    tag = client.get(href).headers["ETag"]
    for method, path, headers in (
        ("GET", href, {"If-None-Match": tag}),
        ("GET", href, {"If-Match": '"x"'}),
        ("GET", "/nowhere", {}),
        ("GET", "/health/live", {}),
        ("DELETE", href, {}),
    ):
        before = datetime.now(UTC).replace(microsecond=0)
        answer = client.request(method, path, headers=headers)
        assert answer.headers.get_list("Date") == [answer.headers["Date"]]
        assert before <= parsedate_to_datetime(answer.headers["Date"]) <= datetime.now(UTC)


def test_what_a_computer_with_a_fast_clock_has_changed_was_changed_now(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    answer = client.post(INDIVIDUAL, json=individual())
    href, id = answer.headers["Location"], answer.json()["id"]
    ahead = datetime.now(UTC) + timedelta(hours=1)
    mongo[database_name]["individual"].update_one({"_id": id}, {"$set": {"changed": ahead}})
    answer = client.get(href)
    modified, date = dated(answer)
    assert date - modified <= timedelta(seconds=1)
    # Nobody knows what will be written until then, so a client that tells this date is answered in full, or refused.
    told = answer.headers["Last-Modified"]
    assert client.get(href, headers={"If-Modified-Since": told}).status_code == 200
    refused(client.patch(href, json={"title": "x"}, headers={"If-Unmodified-Since": told}), 412, "65")
    later = format_datetime(ahead, usegmt=True)
    assert client.patch(href, json={"title": "x"}, headers={"If-Unmodified-Since": later}).status_code == 200
    dated(client.get(href))
