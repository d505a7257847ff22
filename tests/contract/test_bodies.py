# SPDX-License-Identifier: Apache-2.0
"""Bodies that are no JSON object, or say what cannot be kept: refused by every operation that reads one."""

import json

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.documents import WRITES
from tests.paths import INDIVIDUAL


def nested(levels: int, innermost: str = "1") -> bytes:
    """A JSON object whose member `x` makes `levels` containers in all around the innermost value."""
    return (
        b'{"givenName":"N","familyName":"O","x":'
        + b"[" * (levels - 1)
        + innermost.encode()
        + b"]" * (levels - 1)
        + b"}"
    )


NOT_AN_OBJECT = {
    ("21", "no body"): {"empty": b"", "blank": b" \r\n\t"},
    ("22", "not valid JSON"): {
        "cut off": b'{"a":',
        "comma too many": b'{"a":1,}',
        "single quotes": b"{'a':1}",
        "two objects": b'{"a":1} {"b":2}',
        "a form": b"a=1&b=2",
        "byte order mark": b'\xef\xbb\xbf{"a":1}',
        "NaN": b'{"a":NaN}',
        "Infinity": b'{"a":Infinity}',
        "-Infinity": b'{"a":-Infinity}',
        "1e400": b'{"a":1e400}',
        "lone high surrogate": b'{"a":"\\ud800"}',
        "lone low surrogate": b'{"a":"\\udc00x"}',
        "lone surrogate in a name": b'{"\\ud800":1}',
        "control character": b'{"a":"\x01"}',
        "100,000 arrays": b"[" * 100_000 + b"]" * 100_000,
        "100,000 objects": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    },
    ("22", "UTF-8"): {
        "not UTF-8": b'{"a":"\xff"}',
        "Latin-1": '{"a":"ü"}'.encode("latin-1"),
        "UTF-16": '{"a":"ü"}'.encode("utf-16"),
    },
    ("22", "64 levels"): {"65 levels": nested(65), "65 levels around nothing": nested(65, innermost="")},
    ("22", "an array"): {
        "array": b"[]",
        "JSON Patch": b'[{"op":"replace","path":"/a","value":1}]',
    },
    ("22", "a text"): {"text": b'"text"'},
    ("22", "a number"): {"number": b"7"},
    ("22", "true or false"): {"boolean": b"true"},
    ("22", "null"): {"null": b"null"},
}
"""Bodies by their names, below the code and the words that they are refused with."""

TOO_LARGE = ["9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" + "0" * 300]
PLACES = [
    '{{"x":{}}}',
    '{{"x":{{"y":{}}}}}',
    '{{"x":[1,{}]}}',
    '{{"status":{}}}',
    '{{"creditRating":[{{"ratingScore":{}}}]}}',
    '{{"givenName":"N","note":"12345678901234567890","z":{}}}',
]
UNKEEPABLE = [
    *[
        pytest.param(place.format(number), number[:20], id=place.format(number[:20]))
        for place in PLACES
        for number in TOO_LARGE
    ],
    pytest.param('{"$set":1}', "/$set", id="$set"),
    pytest.param('{"\\u0024set":1}', "/$set", id="escaped $set"),
    pytest.param('{"x":{"$where":"1"}}', "/x/$where", id="nested $where"),
    pytest.param('{"x":[1,{"$gt":""}]}', "/x/1/$gt", id="$gt in an array"),
    pytest.param('{"engagedParty":{"$ne":1}}', "/engagedParty/$ne", id="$ne in a declared attribute"),
    pytest.param('{"_v4":{"set":{"id":"1"}}}', "/_v4", id="_v4"),
    pytest.param('{"\\u005fv4":{"set":{"id":"1"}}}', "/_v4", id="escaped _"),
    pytest.param('{"_\\u0076\\u0034":{"drop":["@type"]}}', "/_v4", id="escaped v4"),
    pytest.param('{"contactMedium":[{"_v4":{}}]}', "/contactMedium/0/_v4", id="_v4 in an array"),
    pytest.param('{"a\\u0000b":1}', "/a", id="NUL in a name"),
    pytest.param('{"x":[{"\\u0000":1}]}', "/x/0/", id="NUL as a name"),
    pytest.param('{"a/b~c":{"$set":1}}', "/a~1b~0c/$set", id="a pointer through / and ~"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        pytest.param(body, *refusal, id=name)
        for refusal, bodies in NOT_AN_OBJECT.items()
        for name, body in bodies.items()
    ],
)
def test_what_is_no_json_object_is_refused(
    client: httpx.Client, method: str, path: str, body: bytes, code: str, told: str
) -> None:
    answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert told in refused(answer, 400, code)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(("body", "told"), UNKEEPABLE)
def test_what_cannot_be_kept_is_refused_saying_what(
    client: httpx.Client, method: str, path: str, body: str, told: str
) -> None:
    answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert told in refused(answer, 400, "24")


@pytest.mark.parametrize(
    "value",
    [
        2**63 - 1,
        -(2**63),
        12345678901234567.5,
        0.12345678901234567,
        "12345678901234567890123456789",
        "$set",
        "_v4",
        "a\x00b",
        "\u2028",
        {"price in $": 1, "a_v4": 2, "": 3, "a.b": {".": 4}},
        1e308,
        5e-324,
        True,
        [],
        {},
        [[], {}],
        [None, {"x": None}],
    ],
)
def test_what_looks_odd_but_can_be_kept_comes_back_as_it_was(client: httpx.Client, value: object) -> None:
    shown = created(client, INDIVIDUAL, individual(x=value))
    assert client.get(shown["href"]).json()["x"] == value


def test_an_integer_beyond_32_bits_comes_back_as_an_integer(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual(x=2**62, y=1.5, z=-1))
    assert json.dumps([shown["x"], shown["y"], shown["z"]]) == "[4611686018427387904, 1.5, -1]"


def test_a_body_of_64_levels_is_taken_by_create_and_patch(client: httpx.Client) -> None:
    answer = client.post(INDIVIDUAL, content=nested(64), headers={"content-type": "application/json"})
    assert answer.status_code == 201, answer.text
    again = client.patch(answer.json()["href"], content=nested(64, "2"), headers={"content-type": "application/json"})
    assert again.status_code == 200, again.text
    assert client.delete(answer.json()["href"]).status_code == 204
