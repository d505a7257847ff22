# SPDX-License-Identifier: Apache-2.0
"""The schema of the export for BI is that of docs/insight.md, and no row has anything else."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.scopes import is_scope
from app.interactions.facts import FactRules
from app.storage.interactions.log_snapshot import Departure, LoggedState
from app.transfer.interactions.rows import channel_rows, departure_row, interaction_rows, survey_rows
from app.transfer.interactions.schema import KINDS, RESOURCES, TABLES, VERSION, Table, visible_tables
from tests.unit.test_interaction_facts import LIFECYCLE

PAGE = Path(__file__).parents[2] / "docs" / "insight.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("\n## For business intelligence\n")[2].partition("\n## ")[0]
AT = datetime(2026, 6, 3, 12, tzinfo=UTC)


def page_rows(table: Table) -> list[str]:
    """The lines of the page about a table."""
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [f"`{table.name}`: {table.says}. Key: {key}.", "", "| column | type | | scope |", "|---|---|---|---|"]
    for column in table.columns:
        scopes = ", ".join(f"`{scope}`" for scope in column.scopes)
        lines.append(f"| `{column.name}` | {column.kind} | {column.says} | {scopes} |")
    return lines


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_the_page_has_the_table(table: Table) -> None:
    assert "\n".join(page_rows(table)) in SECTION


def test_the_page_has_no_other_table_or_version() -> None:
    assert re.findall(r"^`(\w+)`: ", SECTION, re.MULTILINE) == [table.name for table in TABLES]
    assert f"version {VERSION}" in SECTION


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_a_table_is_well_formed(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert names[: len(table.key)] == list(table.key)
    assert len(names) == len(set(names))
    assert {column.kind for column in table.columns} <= set(KINDS)
    assert all(is_scope(scope) for column in table.columns for scope in column.scopes)
    assert not any(column.scopes for column in table.columns[: len(table.key)])


def test_rows_have_the_columns_of_their_tables() -> None:
    element = {"id": "1"}
    names = ("relatedParty", "relatedChannel", "interactionItem", "note", "interactionRelationship")
    promise = {"name": "resolution", "state": "due", "dueDate": AT}
    document = {
        "@type": "TrackedInteraction",
        "clock": {"startDate": AT},
        "promise": [promise],
        **{name: [element] for name in names},
    }
    rules = FactRules(LIFECYCLE, frozenset({"TrackedInteraction"}), {})
    rows = [
        *interaction_rows(LoggedState("1", 1, document), rules, frozenset()),
        *survey_rows(LoggedState("1", 1, {})),
        *channel_rows(LoggedState("1", 1, {})),
        ("gone", departure_row("PartyInteraction", Departure("1", 1, AT, "deleted"))),
    ]
    assert [(name, list(row)) for name, row in rows] == [
        (table.name, [column.name for column in table.columns])
        for table in TABLES
    ]  # fmt: skip


def test_what_a_document_declares_as_sensitive_needs_its_scope_too() -> None:
    declared = {RESOURCES[0]: {"relatedParty": "who:reveal", "priority": "urgency:reveal", "note": "note:reveal"}}

    def shown(*grants: str) -> dict[str, set[str]]:
        return {table.name: {column.name for column in table.columns} for table in visible_tables(grants, declared)}

    bare, revealed = shown(), shown("who:reveal", "urgency:reveal", "note:reveal", "content:reveal")
    assert bare.keys() == {table.name for table in TABLES} - {"interaction_party", "interaction_note"}
    assert "priority" not in bare["interaction"]
    assert "priority" in revealed["interaction"]
    assert "note" in revealed["interaction_note"]
    assert "author" not in revealed["interaction_note"]
    assert revealed["interaction_party"] == {"interaction_id", "ordinal", "role", "party_id", "party_type"}
