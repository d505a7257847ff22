# SPDX-License-Identifier: Apache-2.0
"""Property level authorization: a sensitive attribute is not there for who lacks its scope, and cannot be written."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.domain import dates
from app.domain.scopes import REVEAL
from tests.contract.restricted import DECLARED, SENSITIVE, Body, Restricted, answer, queries
from tests.identity_provider import bearer

EACH_SENSITIVE = pytest.mark.parametrize(("name", "version", "attribute"), SENSITIVE, ids=map("-".join, SENSITIVE))
HOLDERS = [each for each, declared in DECLARED.items() if declared.sensitive]
EACH_HOLDER = pytest.mark.parametrize(("name", "version"), HOLDERS, ids=map("-".join, HOLDERS))
JSON_PATCH, QUERY_PATCH = "application/json-patch+json", "application/json-patch-query+json"


def blind(restricted: Restricted, *attributes: str) -> dict[str, str]:
    """The token of somebody who may do all, but see these attributes."""
    scopes = {scope for each in DECLARED.values() for scope in each.sensitive.values()}
    scopes -= {restricted.sensitive[attribute] for attribute in attributes}
    return bearer(restricted.provider.token("*:read", "*:create", "*:update", "*:delete", *scopes))


@EACH_HOLDER
def test_an_answer_is_the_same_without_them(restricted: Restricted) -> None:
    headers, whole = blind(restricted, *restricted.sensitive), restricted.create()
    id, secret = whole["id"], {name: whole[name] for name in restricted.sensitive}
    restricted.staff("PATCH", f"/{id}", json=dict.fromkeys(secret))
    without = list(seen(restricted, headers, whole))
    restricted.staff("PATCH", f"/{id}", json=secret)
    with_it = list(seen(restricted, headers, whole))
    assert len(with_it) > 60
    for (channel, before), (_, after) in zip(without, with_it, strict=True):
        assert after == before, channel
    assert restricted.staff("GET", f"/{id}").json().items() >= secret.items()


def seen(restricted: Restricted, headers: dict[str, str], whole: Body) -> Iterator[tuple[str, object]]:
    """What each channel answers about a document."""
    path, now = f"{restricted.path}/{whole['id']}", dates.text(dates.now())
    for query in queries(whole):
        yield query, answer(restricted.client.get(f"{restricted.path}?{query}", headers=headers), {now: "NOW"})
    tag = restricted.client.get(path, headers=headers).headers["etag"]
    for suffix, more in (
        ("", {}),
        ("?fields=id", {}),
        (f"?at={now}", {}),
        ("", {"If-None-Match": tag}),
        ("", {"If-Match": tag}),
        ("", {"If-Modified-Since": dates_header()}),
        ("", {"If-Unmodified-Since": dates_header()}),
    ):
        response = restricted.client.get(f"{path}{suffix}", headers={**headers, **more})
        yield f"{suffix[:4]} {more}", answer(response, {now: "NOW"})
    for patch in patches(whole):
        yield f"{patch}", answer(sent(restricted, path, headers, patch), {})


def dates_header() -> str:
    return "Mon, 01 Jan 2001 00:00:00 GMT"


def patches(whole: Body) -> Iterator[dict[str, Any]]:
    """Patches that change nothing, and tests of every attribute."""
    yield {"json": {}}
    for name, value in whole.items():
        if name not in ("id", "href"):
            yield patch_of(JSON_PATCH, op="test", path=f"/{name}", value=value)
            yield patch_of(QUERY_PATCH, op="test", path=f"$.{name}", value=value)


def sent(restricted: Restricted, path: str, headers: dict[str, str], patch: dict[str, Any]) -> httpx.Response:
    return restricted.client.patch(path, **{**patch, "headers": {**headers, **patch.get("headers", {})}})


def patch_of(media_type: str, **operation: Any) -> dict[str, Any]:
    return {"content": json.dumps([operation]), "headers": {"Content-Type": media_type}}


@EACH_SENSITIVE
def test_who_does_not_see_it_does_not_write_it(restricted: Restricted, attribute: str) -> None:
    headers, whole = blind(restricted, attribute), restricted.create()
    path, scope = f"{restricted.path}/{whole['id']}", restricted.sensitive[attribute]
    assert scope.endswith(REVEAL)
    for refused in (
        restricted.client.post(restricted.path, json=restricted.body(), headers=headers),
        restricted.client.patch(path, json={attribute: None}, headers=headers),
        restricted.client.patch(path, json={attribute: whole[attribute]}, headers=headers),
        *(
            sent(restricted, path, headers, each)
            for each in (
                patch_of(JSON_PATCH, op="remove", path=f"/{attribute}"),
                patch_of(JSON_PATCH, op="add", path=f"/{attribute}/-", value={}),
                patch_of(JSON_PATCH, op="test", path=f"/{attribute}", value=whole[attribute]),
                patch_of(JSON_PATCH, op="copy", path="/x-copy", **{"from": f"/{attribute}"}),
                patch_of(JSON_PATCH, op="move", path="/x-copy", **{"from": f"/{attribute}"}),
                patch_of(QUERY_PATCH, op="add", path="$", value={attribute: whole[attribute]}),
            )
        ),
        restricted.client.get(f"{restricted.path}?{attribute}.exists=true", headers=headers),
        restricted.client.get(f"{restricted.path}?sort={attribute}", headers=headers),
    ):
        assert (refused.status_code, f'scope="{scope}"' in refused.headers.get("www-authenticate", "")) == (
            403,
            True,
        ), refused.text
    assert restricted.staff("GET", f"/{whole['id']}").json() == whole


@EACH_SENSITIVE
def test_what_is_not_seen_stays_when_the_rest_is_changed(restricted: Restricted, attribute: str) -> None:
    headers, whole = blind(restricted, attribute), restricted.create()
    path = f"{restricted.path}/{whole['id']}"
    view = restricted.client.get(path, headers=headers).json()
    assert view == {name: value for name, value in whole.items() if name != attribute}
    assert restricted.client.get(restricted.path, headers=headers).json() == [view]
    for patch in (
        {"json": {"x-note": "one"}},
        {"json": {name: value for name, value in view.items() if name not in ("id", "href")}},
        patch_of(JSON_PATCH, op="replace", path="", value={**view, "x-note": "two"}),
        patch_of(QUERY_PATCH, op="add", path="$.x-note", value="three"),
    ):
        answered = sent(restricted, path, headers, patch)
        assert answered.status_code == 200, answered.text
        assert attribute not in answered.json()
        kept = restricted.staff("GET", f"/{whole['id']}").json()
        assert (kept[attribute], kept["x-note"]) == (whole[attribute], answered.json()["x-note"])
