# SPDX-License-Identifier: Apache-2.0
"""The text of an HTML page, in one pass whose time grows with the length of the page and with nothing else.

What comes out is a text: nobody may take it for markup, whatever it looks like. A parser of HTML builds a tree, and
sanitisers take a minute for 60,000 elements within one another.
"""

import html
import re

_HIDDEN = {name: re.compile(rf"</{name}[\s>]", re.IGNORECASE) for name in ("script", "style", "title", "template")}
"""What is between these and their ends is nothing to read."""
_BREAKING = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul"})
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})|[!?]")
_BLANKS = re.compile(r"[ \t\r\n]+")


def page_text(page: str) -> str:
    """What a page says, without markup, comments, scripts and styles."""
    told: list[str] = []
    at = 0
    while (begin := page.find("<", at)) >= 0:
        told.append(_BLANKS.sub(" ", page[at:begin]))
        tag = _TAG.match(page, begin) or _TAG.match(page, begin + 1)
        if tag is None:
            told.append("<")
            at = begin + 1
            continue
        at = _end_of(page, begin, tag)
        if (tag[1] or "").lower() in _BREAKING:
            told.append("\n")
    told.append(_BLANKS.sub(" ", page[at:]))
    return "\n".join(line.strip() for line in html.unescape("".join(told)).split("\n"))


def _end_of(page: str, begin: int, tag: re.Match[str]) -> int:
    """Where the reading goes on after a tag; at the end of the page, where something has none."""
    if page.startswith("<!--", begin):
        return _behind(page, "-->", begin + 4)
    hidden = _HIDDEN.get((tag[1] or "").lower())
    if hidden and not page.startswith("</", begin):
        end = hidden.search(page, begin)
        return _behind(page, ">", end.start()) if end else len(page)
    return _behind(page, ">", begin)


def _behind(page: str, mark: str, begin: int) -> int:
    end = page.find(mark, begin)
    return len(page) if end < 0 else end + len(mark)
