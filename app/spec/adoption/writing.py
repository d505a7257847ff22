# SPDX-License-Identifier: Apache-2.0
"""Writes an adopted document as YAML, the same bytes for the same document."""

from typing import Any

import yaml

_HEAD = """\
# Adopted from {source} by `liaison spec adopt`: its facts, without its prose.
# What x-tmf-resources says is proposed: look at it by hand (docs/adopting.md).
"""
_MOVES = """\
# Proposed. No published document says which moves there are: here, each state may follow each other one, but for those
# that look final. The first state is proposed by its name.
"""


_BEYOND = """\
# What the standard operations do not cover: it is answered with 501.
"""
_DECLARATIONS = "x-tmf-resources"
_STYLE: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 116, "default_flow_style": None}
"""The style of YAML: objects and arrays of scalars in one line."""


class _Dumper(yaml.SafeDumper):
    """A YAML dumper without anchors, with indented lists."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def yaml_text(document: dict[str, Any], source: str) -> str:
    """The text of a document that was adopted from `source`, with comments for those who will read it."""
    printable = "".join(each if each.isprintable() else "?" for each in source)[:100]
    parts = [_HEAD.format(source=printable)]
    for name, section in document.items():
        comment = _MOVES if name == _DECLARATIONS and any("x-lifecycle" in each for each in section.values()) else ""
        comment = _BEYOND if name == "paths" else comment
        parts.append(comment + yaml.dump({name: section}, Dumper=_Dumper, **_STYLE))
    return "\n".join(parts)
