"""Entity tags tell revisions and versions apart, and conditions hold in the write itself (RFC 9110)."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.documents import COLLECTIONS, Collection

EVERY = pytest.mark.parametrize("collection", COLLECTIONS, ids=str)


@EVERY
def test_the_tag_changes_with_the_revision_alone(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    assert tag.startswith('"')
    assert client.get(href).headers["ETag"] == tag
    assert client.patch(href, json={}).headers["ETag"] == tag
    changed = client.patch(href, json={"remark": "changed"})
    assert changed.headers["ETag"] != tag
    assert client.get(href).headers["ETag"] == changed.headers["ETag"]
    assert "ETag" not in client.get(href, params={"fields": "id"}).headers


@EVERY
def test_a_known_representation_is_not_sent_again(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(href, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(href, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(href, params={"fields": "id"}, headers={"If-None-Match": tag}).status_code == 200


@EVERY
@pytest.mark.parametrize("stale", ['"0-v4"', '"other"', 'W/"1-v4"'])
def test_a_write_on_another_representation_than_the_demanded_is_refused(
    client: httpx.Client, collection: Collection, stale: str
) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    refused(client.patch(shown["href"], json={"remark": "x"}, headers={"If-Match": stale}), 412, "65")
    refused(client.delete(shown["href"], headers={"If-Match": stale}), 412, "65")
    assert client.get(shown["href"]).json() == shown


@EVERY
def test_a_write_on_the_demanded_representation_is_done(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    changed = client.patch(href, json={"remark": "x"}, headers={"If-Match": f'"other", {tag}'})
    assert changed.status_code == 200
    refused(client.patch(href, json={"remark": "y"}, headers={"If-Match": tag}), 412, "65")
    assert client.delete(href, headers={"If-Match": "*"}).status_code == 204


@EVERY
def test_of_several_writers_with_the_same_tag_one_wins(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]

    def write(number: int) -> int:
        return client.patch(href, json={"remark": number}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(8) as writers:
        assert sorted(writers.map(write, range(8))) == [200] + [412] * 7
