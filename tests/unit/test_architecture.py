# SPDX-License-Identifier: Apache-2.0
"""What holds for the code as a whole: every module says what it decides, and the README tells every setting."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from app import settings

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app").rglob("*.py"))


def doc_string(module: Path) -> str:
    return ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_begins_with_one_line_that_says_what_it_decides(module: Path) -> None:
    first, *rest = doc_string(module).split("\n\n")
    assert re.fullmatch(r"[A-Z].*\.", first), f"not one line that ends with a full stop: {first!r}"
    assert all(rest)


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


NAMES = {dotted(module) for module in MODULES}


def imports(module: Path) -> Iterator[str]:
    """The modules of ours that a module imports anywhere, for types or within functions, too."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            each = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            yield from (each or {node.module} & NAMES) - {dotted(module)}


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({dotted(module): set(imports(module)) for module in MODULES}).prepare()


SOURCES = [
    file
    for pattern in (
        "app/**/*.py",
        "tests/**/*.py",
        "openapi/**/*.yaml",
        "docker/*",
        "app/**/*.html",
        ".ci/run",
        "Makefile",
    )
    for file in sorted(ROOT.glob(pattern))
    if file.is_file() and file.suffix in (".py", ".yaml", ".html", "") and not file.name.startswith(".docker")
]


def test_each_source_says_its_licence() -> None:
    assert [
        str(file.relative_to(ROOT))
        for file in SOURCES
        if "SPDX-License-Identifier: Apache-2.0" not in file.read_text(encoding="utf-8")[:300]
    ] == []


def row(name: str, default: str, help: str) -> str:
    cell = f"`{default}`" if default else ""
    return f"| `{name}` | {cell} | {help} |"


def test_the_readme_tells_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, marked = readme.partition("<!-- settings -->")
    table, closing, _ = marked.partition("<!-- /settings -->")
    assert closing, "README.md should hold the settings between <!-- settings --> and <!-- /settings -->"
    shown = [line.strip() for line in table.splitlines() if line.strip().startswith("| `")]
    assert shown == [row(*setting) for setting in settings.listing()]
