# SPDX-License-Identifier: Apache-2.0
"""Headers that say what a page may do (Content Security Policy, Referrer Policy): what it needs, and nothing else."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def page_headers(page: str, *own: str, form_action: str = "'none'") -> dict[str, str]:
    """The headers of a page with this source. `own` are directives for what it loads from the server, and
    `form_action` says where its forms may be sent.

    Its scripts and styles are named by their hashes: what somebody puts into the page does not run. Nobody may show it
    in a frame.
    """
    nothing_else = ("default-src 'none'", "base-uri 'none'", f"form-action {form_action}", "frame-ancestors 'none'")
    directives = (*nothing_else, *_inline_sources(page, *own))
    return {"Content-Security-Policy": "; ".join(directives), "Referrer-Policy": "no-referrer"}


def _inline_sources(page: str, *own: str) -> Iterator[str]:
    hashes: dict[str, list[str]] = {"script-src": [], "style-src": []}
    for kind, source in _INLINE.findall(page):
        digest = b64encode(sha256(source.encode()).digest()).decode()
        hashes[f"{kind}-src"].append(f"'sha256-{digest}'")
    loaded = {name: sources for name, _, sources in (each.partition(" ") for each in own)}
    for name, inline in hashes.items():
        if sources := [*filter(None, [loaded.pop(name, "")]), *inline]:
            yield f"{name} {' '.join(sources)}"
    yield from (f"{name} {sources}" for name, sources in loaded.items())
