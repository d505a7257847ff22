# SPDX-License-Identifier: Apache-2.0
"""Entity tags and dates tell editions apart, and conditions hold in the write itself (RFC 9110, RFC 6585)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Stored
from tests.contract.documents import EACH_COLLECTION, V5, VERSIONS, Collection
from tests.paths import INDIVIDUAL

SELECTED = {"fields": "status,id"}
NO_TAGS = ["abc", '"abc', "'abc'", '"a" "b"', 'w/"a"', '"a b"', "*, *", '"a", *', "", ",", '"a", b']


def http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def since(answer: httpx.Response, seconds: int) -> str:
    """The HTTP date so many seconds after the last change that `answer` tells."""
    return http_date(parsedate_to_datetime(answer.headers["Last-Modified"]) + timedelta(seconds=seconds))


@EACH_COLLECTION
def test_the_tag_changes_with_the_revision_alone(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    assert tag.startswith('"')
    assert client.get(href).headers["ETag"] == tag
    assert client.patch(href, json={}).headers["ETag"] == tag
    changed = client.patch(href, json={"remark": "changed"})
    assert changed.headers["ETag"] != tag
    assert client.get(href).headers["ETag"] == changed.headers["ETag"]


@pytest.mark.parametrize(("old", "new"), VERSIONS, ids=str)
def test_the_versions_of_one_revision_have_different_tags(
    client: httpx.Client, old: Collection, new: Collection
) -> None:
    answer = client.post(old.path, json=old.creates["minimal"])
    other = client.get(f"{new.path}/{answer.json()['id']}")
    assert other.headers["ETag"] != answer.headers["ETag"]
    headers = {"If-Match": answer.headers["ETag"]}
    refused(client.patch(f"{new.path}/{answer.json()['id']}", json={"remark": 1}, headers=headers), 412, "65")


@pytest.mark.parametrize("collection", V5, ids=str)
def test_the_successor_under_the_same_id_has_another_tag(client: httpx.Client, collection: Collection) -> None:
    body = {**collection.creates["minimal"], "id": "chosen"}
    first = client.post(collection.path, json=body)
    assert client.delete(first.headers["Location"]).status_code == 204
    second = client.post(collection.path, json=body)
    href, tag = second.headers["Location"], first.headers["ETag"]
    assert second.headers["ETag"] != tag
    refused(client.patch(href, json={"remark": 1}, headers={"If-Match": tag}), 412, "65")
    refused(client.delete(href, headers={"If-Match": tag}), 412, "65")
    assert client.get(href, headers={"If-None-Match": tag}).status_code == 200


@EACH_COLLECTION
def test_every_answer_carries_the_tag_and_the_date_of_what_it_shows(
    client: httpx.Client, collection: Collection, stored: Stored
) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href = answer.headers["Location"]
    answers = [answer, client.get(href), client.patch(href, json={"remark": 1}), client.get(href)]
    envelope = stored(collection.kept_in, answer.json()["id"])
    at = [http_date(envelope[name].replace(microsecond=0)) for name in ("created", "created", "changed", "changed")]
    assert [each.headers["Last-Modified"] for each in answers] == at
    first, _, _, second = (each.headers["ETag"] for each in answers)
    assert [each.headers["ETag"] for each in answers] == [first, first, second, second]


@EACH_COLLECTION
def test_a_known_representation_is_not_sent_again(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(href, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert client.head(href, headers={"If-None-Match": known}).status_code == 304
    assert client.get(href, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(href, params=SELECTED, headers={"If-None-Match": tag}).status_code == 200


@EACH_COLLECTION
def test_a_selection_has_a_tag_of_its_own(client: httpx.Client, collection: Collection) -> None:
    whole = client.post(collection.path, json=collection.creates["minimal"])
    href = whole.headers["Location"]
    tags = [client.get(href, params={"fields": fields}).headers["ETag"] for fields in ("status", "id", "none", "")]
    assert len({*tags}) == 3
    assert tags[1] == tags[2]
    assert tags[3] == whole.headers["ETag"]
    for tag in tags[:3]:
        assert tag.startswith('"')
        assert client.get(href, headers={"If-None-Match": tag}).status_code == 200
    same = client.get(href, params={"fields": "href,status,status,@type"}, headers={"If-None-Match": tags[0]})
    assert (same.status_code, same.headers["ETag"]) == (304, tags[0])
    assert client.get(href, params={"fields": "id"}, headers={"If-None-Match": tags[0]}).status_code == 200


@EACH_COLLECTION
def test_the_tag_of_a_selection_names_the_revision_for_a_write(client: httpx.Client, collection: Collection) -> None:
    href = created(client, collection.path, collection.creates["minimal"])["href"]
    tag = client.get(href, params=SELECTED).headers["ETag"]
    changed = client.patch(href, json={"remark": 1}, params=SELECTED, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert client.get(href, params=SELECTED).headers["ETag"] == changed.headers["ETag"] != tag
    refused(client.delete(href, headers={"If-Match": tag}), 412, "65")
    assert client.delete(href, headers={"If-Match": changed.headers["ETag"]}).status_code == 204


@EACH_COLLECTION
@pytest.mark.parametrize("stale", ['"0-v4"', '"other"', 'W/"1-v4"', "W/{}", '"{}"'])
def test_a_write_on_another_representation_than_the_demanded_is_refused(
    client: httpx.Client, collection: Collection, stale: str
) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    if stale == '"{}"':
        stale = tag[:-1] + 'x"'
    headers = {"If-Match": stale.format(tag)}
    told = client.patch(href, json={"remark": "x"}, headers=headers)
    refused(told, 412, "65")
    assert told.headers["ETag"] == tag
    refused(client.delete(href, headers=headers), 412, "65")
    refused(client.get(href, headers=headers), 412, "65")
    assert client.get(href).json() == answer.json()


@EACH_COLLECTION
def test_a_write_on_the_demanded_representation_is_done(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    changed = client.patch(href, json={"remark": "x"}, headers={"If-Match": f'"other", {tag}'})
    assert changed.status_code == 200
    refused(client.patch(href, json={"remark": "y"}, headers={"If-Match": tag}), 412, "65")
    assert client.delete(href, headers={"If-Match": "*"}).status_code == 204
    refused(client.delete(href, headers={"If-Match": "*"}), 404, "60")
    refused(client.patch(href, json={}, headers={"If-Match": tag}), 404, "60")


@EACH_COLLECTION
def test_a_write_on_what_the_client_rules_out_is_refused(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    for ruled_out in ("*", tag, f"W/{tag}", f'"other",{client.get(href, params=SELECTED).headers["ETag"]}'):
        refused(client.patch(href, json={"remark": 1}, headers={"If-None-Match": ruled_out}), 412, "65")
        refused(client.delete(href, headers={"If-None-Match": ruled_out}), 412, "65")
    assert client.get(href).headers["ETag"] == tag
    assert client.patch(href, json={"remark": 1}, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.delete(href, headers={"If-None-Match": tag}).status_code == 204


def test_tags_may_come_in_several_lines(client: httpx.Client) -> None:
    answer = client.post(INDIVIDUAL, json=individual())
    href, tag = answer.headers["Location"], answer.headers["ETag"]
    assert client.get(href, headers=[("If-None-Match", '"a"'), ("If-None-Match", tag)]).status_code == 304
    lines = [("If-Match", '"a,b"'), ("If-Match", f",{tag} ,")]
    assert client.delete(href, headers=lines).status_code == 204


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("given", NO_TAGS)
def test_what_is_no_list_of_tags_is_refused(client: httpx.Client, header: str, given: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    for method in ("GET", "PATCH", "DELETE"):
        answer = client.request(
            method, shown["href"], headers={header: given}, json={"title": "Dr"} if method == "PATCH" else None
        )
        assert header in refused(answer, 400, "26")
    assert client.get(shown["href"]).json() == shown


@EACH_COLLECTION
def test_what_was_not_modified_since_is_not_sent_again(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href = answer.headers["Location"]
    for seconds, status in ((-1, 200), (0, 304), (3600, 304)):
        assert client.get(href, headers={"If-Modified-Since": since(answer, seconds)}).status_code == status
        known = {"If-Modified-Since": since(answer, seconds), "If-None-Match": '"other"'}
        assert client.get(href, headers=known).status_code == 200
    assert client.patch(href, json={"remark": 1}, headers={"If-Modified-Since": since(answer, 0)}).status_code == 200


@EACH_COLLECTION
def test_what_was_modified_since_is_not_written(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href = answer.headers["Location"]
    earlier = {"If-Unmodified-Since": since(answer, -1)}
    for refusal in (
        client.patch(href, json={"remark": 1}, headers=earlier),
        client.delete(href, headers=earlier),
        client.get(href, headers=earlier),
    ):
        refused(refusal, 412, "65")
    decided = {**earlier, "If-Match": answer.headers["ETag"]}
    assert client.patch(href, json={"remark": 1}, headers=decided).status_code == 200
    assert client.delete(href, headers={"If-Unmodified-Since": since(answer, 3600)}).status_code == 204


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "2024-05-01T10:00:00Z", "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 31 Feb 1994 08:49:37 GMT", "0"],
)
def test_what_is_no_date_is_no_condition(client: httpx.Client, date: str) -> None:
    href = created(client, INDIVIDUAL, individual())["href"]
    assert client.get(href, headers={"If-Modified-Since": date}).status_code == 200
    assert client.delete(href, headers={"If-Unmodified-Since": date}).status_code == 204


@pytest.mark.parametrize(
    "date", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_a_date_may_be_written_in_the_obsolete_ways_too(client: httpx.Client, date: str) -> None:
    href = created(client, INDIVIDUAL, individual())["href"]
    refused(client.delete(href, headers={"If-Unmodified-Since": date}), 412, "65")


@EACH_COLLECTION
def test_of_many_writers_with_the_same_tag_one_wins(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(collection.path, json=collection.creates["minimal"])
    href, tag = answer.headers["Location"], answer.headers["ETag"]

    def write(number: int) -> int:
        return client.patch(href, json={"remark": number}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(20) as writers:
        assert sorted(writers.map(write, range(20))) == [200] + [412] * 19


@EACH_COLLECTION
def test_a_deployment_may_make_if_match_compulsory(careful: httpx.Client, collection: Collection) -> None:
    answer = careful.post(collection.path, json=collection.creates["minimal"])
    href = answer.headers["Location"]
    for headers in ({}, {"If-Unmodified-Since": since(answer, 60)}, {"If-None-Match": '"other"'}):
        assert "send its ETag" in refused(careful.patch(href, json={"remark": 1}, headers=headers), 428, "25")
        assert "send its ETag" in refused(careful.delete(href, headers=headers), 428, "25")
    assert careful.get(href).json() == answer.json()
    changed = careful.patch(href, json={"remark": 1}, headers={"If-Match": answer.headers["ETag"]})
    assert changed.status_code == 200
    assert careful.delete(href, headers={"If-Match": "*"}).status_code == 204
