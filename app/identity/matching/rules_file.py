# SPDX-License-Identifier: Apache-2.0
"""Reads a rule file (`LIAISON_IDENTITY_RULES`): every fault in it is a line that names its place."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from app.errors import DocumentsError
from app.identity.matching.engine import Rules
from app.identity.matching.normal_forms import fold_text
from app.identity.matching.rule_references import wrong_references
from app.identity.matching.rules import Attribute, Block, BlockPart, Placeholder, RuleSet
from app.identity.matching.rules_shapes import RESOURCES, RulesShape
from app.spec.yaml_loader import load_yaml

SETTING = "LIAISON_IDENTITY_RULES"
DEFAULT = Path(__file__).parents[1] / "identity-rules.yaml"


def load_rules(path: str | None) -> Rules:
    """The rules in a YAML file, or the server's own; a resource that it leaves out has those of the server's own.

    Raises `DocumentsError` with a line for each fault, which begins with its place.
    """
    file = Path(path).expanduser() if path else DEFAULT
    content = _content(file)
    try:
        loaded: dict[str, Any] = RulesShape().load(_with_defaults(content) if path else content)
    except ValidationError as wrong:
        raise _refusal(file, _lines(wrong.messages)) from None
    sets = {resource: loaded[resource] for resource in RESOURCES}
    problems = [f"{resource}.{line}" for resource, each in sets.items() for line in wrong_references(each)]
    if problems:
        raise _refusal(file, problems)
    rule_sets = {resource: _rule_set(resource, each) for resource, each in sets.items()}
    return Rules(loaded["version"], _digest(_with_defaults(content)), rule_sets)


def _refusal(file: Path, lines: Iterator[str] | list[str]) -> DocumentsError:
    return DocumentsError("\n".join(f"{SETTING}={file}: {line}" for line in lines))


def _content(file: Path) -> dict[str, Any]:
    try:
        content = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        reason = getattr(wrong, "strerror", None) or " ".join(str(wrong).split())
        raise _refusal(file, [f"cannot be read: {reason}"]) from None
    if not isinstance(content, dict):
        raise _refusal(file, [f"should be a mapping with version and {' and '.join(RESOURCES)}"])
    return content


def _with_defaults(content: dict[str, Any]) -> dict[str, Any]:
    default = _content(DEFAULT)
    return {**{resource: default[resource] for resource in RESOURCES}, **content}


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def _rule_set(resource: str, content: dict[str, Any]) -> RuleSet:
    attributes = {name: replace(each, name=name) for name, each in content["attributes"].items()}
    return RuleSet(
        resource,
        content["thresholds"]["certain"],
        content["thresholds"]["possible"],
        tuple(attributes.values()),
        tuple(replace(veto, name=name) for name, veto in content["vetoes"].items()),
        tuple(Block(" ".join(map(_part_name, parts)), tuple(parts)) for parts in content["blocks"]),
        tuple(_placeholder(each, attributes) for each in content["placeholders"]),
    )


def _part_name(part: BlockPart) -> str:
    return f"{('+' if part.together else '|').join(part.attributes)}:{part.form}"


def _placeholder(patterns: Mapping[str, list[str]], attributes: Mapping[str, Attribute]) -> Placeholder:
    return Placeholder({name: _pattern(attributes[name].kind, of) for name, of in patterns.items()})


def _pattern(kind: str, patterns: list[str]) -> re.Pattern[str]:
    """What matches any of these values as they are once normalised; `*` stands for anything."""
    normalise = _NORMAL_FORMS.get(kind, str.casefold)
    return re.compile("|".join(".*".join(re.escape(normalise(part)) for part in each.split("*")) for each in patterns))


def _as_one_word(text: str) -> str:
    return fold_text(text).replace(" ", "")


_NORMAL_FORMS = {
    **dict.fromkeys(("name", "organizationName", "code", "identifier"), _as_one_word),
    "words": fold_text,
}


def _lines(messages: Any, place: str = "") -> Iterator[str]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            # Marshmallow puts what is wrong with a value of a mapping below `value`, and with its name below `key`.
            step = "" if name in ("_schema", "value", "key") else f".{name}"
            yield from _lines(inner, f"{place}{step}".strip("."))
    else:
        yield f"{place}: {' '.join(map(str, messages))}"
