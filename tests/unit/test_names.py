# SPDX-License-Identifier: Apache-2.0
"""Names say what: no module, class or function is called by a lone participle, such as `shown` or `_prepared`."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app").rglob("*.py"))

IRREGULAR = re.compile(
    r"begun|bent|bound|broken|brought|built|caught|chosen|dealt|done|drawn|driven|fallen|felt|forgotten|found|given"
    r"|gone|grown|held|hidden|kept|known|laid|led|left|lent|lost|made|meant|met|paid|seen|sent|shaken|shown|sold|sought"
    r"|spelt|spent|spoken|stolen|sunk|sworn|taken|taught|thought|thrown|told|torn|woken|won|worn|written|wound"
)
"""Participles that do not end in `-ed`. Those that are verbs as well, such as `become`, `read` and `set`, are none."""

NO_PARTICIPLES = re.compile(r"[a-z]*(?<!agr)(?<!fr)eed|embed|shed")
"""Verbs and nouns that end in `-ed`, as `seed`, `feed` and `exceed` do."""

DECLARATION = "Step"
"""The base class of a mapping's lines, whose arguments complete the name: `Renamed("name", "fullName")`."""

REASONS = frozenset(status.phrase for status in HTTPStatus)
"""HTTP's own names for what an answer means: `Gone`."""

ADVICE = (
    "a participle says neither of what nor by whom. What does something is called by verb and object (`apply_patch`),"
    " what gives a value by a noun (`source_attributes`), a callback by what it records (`record_delivery`)"
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_participle(name: str) -> bool:
    """Whether the name is one word, and that a participle."""
    words = re.findall(r"[A-Z]?[a-z]+", name)
    if len(words) != 1 or NO_PARTICIPLES.fullmatch(word := words[0].lower()):
        return False
    return bool(IRREGULAR.fullmatch(word) or re.fullmatch(r"[a-z]+ed", word))


def is_excused(node: Definition) -> bool:
    """Whether the rest of the name stands elsewhere: a predicate (`answer.delivered`), a declaration, HTTP's own."""
    if isinstance(node, ast.ClassDef):
        return node.name in REASONS or DECLARATION in map(ast.unparse, node.bases)
    return node.returns is not None and ast.unparse(node.returns) == "bool"


def lone_participles(module: Path, source: str) -> Iterator[str]:
    if is_participle(module.stem):
        yield f"{module.name}: module {module.stem}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Definition) and is_participle(node.name) and not is_excused(node):
            yield f"{module.name}:{node.lineno}: {node.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_nothing_is_called_by_a_lone_participle(module: Path) -> None:
    assert not (found := list(lone_participles(module, module.read_text(encoding="utf-8")))), f"{found}: {ADVICE}"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def shown(): ...", ["shown"]),
        ("def _prepared() -> list[str]: ...", ["_prepared"]),
        ("class A:\n    async def told(self) -> None: ...", ["told"]),
        ("class _Done: ...", ["_Done"]),
        ("class Renamed(Base): ...", ["Renamed"]),
        ("def f():\n    def freed(): ...", ["freed"]),
        ("class Renamed(Step): ...", []),
        ("class Gone(TmfError): ...", []),
        ("def delivered(self) -> bool: ...", []),
        ("def seed(): ...\ndef read(): ...\ndef become(): ...", []),
        ("def apply_patch(): ...\nclass StoredDocument: ...\ndef to_view(): ...", []),
    ],
)
def test_a_lone_participle_is_recognised(source: str, names: list[str]) -> None:
    assert [each.split()[-1] for each in lone_participles(Path("m.py"), source)] == names


def test_a_module_is_not_called_by_a_lone_participle_either() -> None:
    assert list(lone_participles(Path("app/nested.py"), "")) == ["nested.py: module nested"]
