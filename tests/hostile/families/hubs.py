# SPDX-License-Identifier: Apache-2.0
"""Registrations (TMF630 part 1, notifications): callbacks that lead inside, and members that are not theirs."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.hostile.attack import HUB, Attack, numbered, sent

CALLBACKS: list[Any] = [
    None, "", " ", 7, [], {}, "x", "/x", "//x", "http://", "http:///x", "http://a b/", "http://[", "http://[::1]/",
    "http://[::ffff:169.254.169.254]/", "http://169.254.169.254/latest", "http://0/", "http://0x7f.1/",
    "http://2130706433/", "http://017700000001/", "http://localhost/", "http://localhost./", "http://127.1/",
    "http://u:p@127.0.0.1/", "http://a@b@c/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "ftp://x/",
    "HTTP://127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/",
    "http://127.0.0.1:x/", "http://é.example/", "http://xn--/", "http://x\r\nHost: y/", "http://x/\x00",
    "http://x/%zz", "http://" + "x" * 300 + "/", "http://x/" + "y" * 20_000, "http://x/#f", "http://x\\@y/",
]  # fmt: skip
MEMBERS = ["id", "query", "headers", "authentication", "@type", "signing", "secret", "x", "$where", "_id", "fields"]
VALUES: list[Any] = [
    None, 7, "", "x", [], {}, {"type": "x"}, [{}], "x" * 20_000, {"$ne": 1}, "eventType=", "eventType=Nothing",
    "a=b&a=b&filter=$", "\x00",
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Registrations with a hub, none of which is ever called: nothing is delivered while they last."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    for callback, base in product(CALLBACKS, (HUB, "/tmf-api/customerManagement/v5/hub")):
        yield sent(f"callback {callback!r:.30}", "POST", base, {"callback": callback, "@type": "Hub"})
    for member, value in product(MEMBERS, VALUES):
        yield sent(f"{member}={value!r:.20}", "POST", HUB, {"callback": "http://127.0.0.1:9/x", member: value})
