# SPDX-License-Identifier: Apache-2.0
"""The schema of an export for business intelligence: facts and dimensions as flat tables.

docs/insight.md has these tables, and says how increments are applied to them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from app.domain.scopes import covers

VERSION = 1
"""The version of the schema. A column that is added leaves it; one that goes, or means something else, raises it."""

TEXT, INTEGER, NUMBER, BOOLEAN, INSTANT, DAY, JSON = KINDS = (
    "text", "integer", "number", "boolean", "instant", "day", "json",
)  # fmt: skip
"""The types of columns: an instant is UTC with milliseconds, JSON is text."""

NAME, CONTENT = "name:reveal", "content:reveal"
"""The scopes by which names of people are exported, and what was said."""
NAMES, TEXTS, ALL = (NAME,), (CONTENT,), (NAME, CONTENT)


@dataclass(frozen=True)
class Column:
    """A column: what it `says`, the first-level attribute `of` the document that it comes from (empty for its
    identity), and the `scopes` without which it is left out."""

    name: str
    kind: str
    of: str
    says: str
    scopes: tuple[str, ...] = ()

    def visible(self, grants: Collection[str], declared: Mapping[str, str]) -> bool:
        """Whether the column is exported, where documents declare scopes for some attributes (`x-sensitive`)."""
        return all(covers(grants, scope) for scope in (*self.scopes, declared.get(self.of)) if scope)


@dataclass(frozen=True)
class Table:
    """A table with its `columns`, the first of which are its `key`. `resource` is that of the documents it comes from.

    A table `of` an attribute has the elements of that: all rows of an interaction are replaced together.
    """

    name: str
    resource: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    of: str = ""


INTERACTION, SURVEY, CHANNEL = "PartyInteraction", "SatisfactionSurvey", "Channel"


def _elements(name: str, attribute: str, says: str, *columns: tuple[str, ...], key: str = "ordinal") -> Table:
    """A table of the elements of an array of interactions."""
    ordinal = [Column("ordinal", INTEGER, attribute, "Place in the interaction, from 0")] if key == "ordinal" else []
    own = [Column(name, kind, attribute, text, tuple(scopes)) for name, kind, text, *scopes in columns]
    first = Column("interaction_id", TEXT, "", "Identifier of the interaction")
    return Table(name, INTERACTION, says, ("interaction_id", key), (first, *ordinal, *own), of=attribute)


TABLES = (
    Table(
        "interaction",
        INTERACTION,
        "One row for each interaction: its facts, as `app/interactions/facts.py` defines them",
        ("id",),
        (
            Column("id", TEXT, "", "Identifier"),
            Column("revision", INTEGER, "", "Number of its changes, from 1"),
            Column("type", TEXT, "@type", "Class, such as `TrackedInteraction`"),
            Column("created_at", INSTANT, "creationDate", "When it was recorded"),
            Column("period", DAY, "creationDate", "UTC day of that"),
            Column("started_at", INSTANT, "clock", "When the time of its promises began, else when it was recorded"),
            Column("first_response_at", INSTANT, "clock", "When the enterprise answered first"),
            Column("is_over", BOOLEAN, "status", "Whether it is over"),
            Column("ended_at", INSTANT, "status", "Since when it is over"),
            Column("is_withdrawn", BOOLEAN, "status", "Whether it ended without a resolution"),
            Column("response_seconds", NUMBER, "clock", "From the start to the first response"),
            Column("resolution_seconds", NUMBER, "status", "From the start to the end, unless it was withdrawn"),
            Column("state", TEXT, "status", "State of the lifecycle"),
            Column("direction", TEXT, "direction", "`inbound`, `outbound` or `unknown`"),
            Column("reason", TEXT, "reason", "Why it came about, as it stands"),
            Column("priority", TEXT, "priority", "Priority"),
            Column("assignee_id", TEXT, "assignee", "Identifier of who sees to it"),
            Column("waiting_for", TEXT, "waitingFor", "Whose turn it is"),
            Column("conversation", TEXT, "conversation", "Identifier of the matter"),
            Column("policy", TEXT, "policy", "Policy that applies"),
            Column("policy_version", TEXT, "policyVersion", "Version of the policies"),
            Column("due_at", INSTANT, "dueDate", "When the first of the promises that run is due"),
            Column("reopened", INTEGER, "reopened", "How often it was opened again"),
            Column("took_place_from", INSTANT, "interactionDate", "When it took place, as a client says"),
            Column("took_place_to", INSTANT, "interactionDate", "Until when it took place, as a client says"),
            Column("attachments", INTEGER, "attachment", "How many attachments it has"),
            Column("description", TEXT, "description", "What it was about", TEXTS),
            Column("other", JSON, "", "All other attributes, also of classes of the deployment", ALL),
        ),
    ),
    _elements(
        "promise",
        "promise",
        "The promises of an interaction. One is broken at an instant T if `breach_at` < T",
        ("name", TEXT, "`firstResponse`, `progress` or `resolution`"),
        ("state", TEXT, "`due`, `paused`, `met` or `cancelled`"),
        ("due_at", INSTANT, "By when"),
        ("met_at", INSTANT, "When it was kept"),
        ("breach_at", INSTANT, "When it was broken, or will be if nothing happens; empty where it was kept or pauses"),
        key="name",
    ),
    _elements(
        "interaction_party",
        "relatedParty",
        "Who took part; of merged parties the survivor",
        ("role", TEXT, "Role, as it stands"),
        ("party_id", TEXT, "Identifier of the party, or of its role"),
        ("party_type", TEXT, "Class that is referred to"),
        ("party_name", TEXT, "Name in the reference", *NAMES),
    ),
    _elements(
        "interaction_channel",
        "relatedChannel",
        "On which channels; the one with the ordinal 0 counts where each interaction counts once",
        ("role", TEXT, "What the channel did"),
        ("channel_id", TEXT, "Identifier; its kind is in `channel`, or it is `unknown`"),
    ),
    _elements(
        "interaction_item",
        "interactionItem",
        "The single matters",
        ("item_id", TEXT, "Identifier, within the interaction"),
        ("item_type", TEXT, "Kind of matter"),
        ("state", TEXT, "State, as it stands"),
        ("entity_id", TEXT, "Identifier of what the matter is about"),
        ("entity_type", TEXT, "Class of that"),
        ("item", JSON, "All of the matter", *ALL),
    ),
    _elements(
        "interaction_note",
        "note",
        "The notes",
        ("note_id", TEXT, "Identifier, within the interaction"),
        ("noted_at", INSTANT, "When it was made"),
        ("author", TEXT, "Who made it", *NAMES),
        ("note", TEXT, "What it says", *TEXTS),
    ),
    _elements(
        "interaction_relationship",
        "interactionRelationship",
        "Other interactions that it has to do with",
        ("relationship_type", TEXT, "Kind of relationship"),
        ("related_id", TEXT, "Identifier of the other interaction"),
    ),
    Table(
        "satisfaction",
        SURVEY,
        "One row for each survey",
        ("id",),
        (
            Column("id", TEXT, "", "Identifier"),
            Column("revision", INTEGER, "", "Number of its changes, from 1"),
            Column("kind", TEXT, "surveyType", "`CSAT`, `NPS` or `CES`"),
            Column("state", TEXT, "status", "`asked`, `answered` or `expired`"),
            Column("asked_at", INSTANT, "creationDate", "When it was asked"),
            Column("expires_at", INSTANT, "expirationDate", "Until when it can be answered"),
            Column("answered_at", INSTANT, "statusDate", "When it was answered"),
            Column("score", INTEGER, "score", "The answer"),
            Column("rated_type", TEXT, "ratedEntity", "Class of what is rated"),
            Column("rated_id", TEXT, "ratedEntity", "Identifier of what is rated"),
            Column("respondent_id", TEXT, "respondent", "Identifier of the party that is asked; empty if anonymous"),
            Column("language", TEXT, "language", "Language in which it was asked"),
            Column("respondent_name", TEXT, "respondent", "Name in the reference", NAMES),
            Column("comment", TEXT, "comment", "What the party said besides", TEXTS),
        ),
    ),
    Table(
        "channel",
        CHANNEL,
        "The register of channels, all of it in each export",
        ("id",),
        (
            Column("id", TEXT, "", "Identifier, as interactions name it"),
            Column("name", TEXT, "name", "Name"),
            Column("kind", TEXT, "channelType", "Bucket, such as `phone`"),
            Column("state", TEXT, "status", "`active` or `retired`"),
            Column("notice_allowed", BOOLEAN, "noticeAllowed", "Whether notices may be sent over it"),
        ),
    ),
    Table(
        "gone",
        "",
        "Tombstones: what an increment takes away. All rows of this id go, or stay as history if it is archived",
        ("resource", "id"),
        (
            Column("resource", TEXT, "", "`PartyInteraction` or `SatisfactionSurvey`"),
            Column("id", TEXT, "", "Identifier"),
            Column("sequence", INTEGER, "", "Number of the entry of the event log that says so"),
            Column("gone_at", INSTANT, "", "When it went"),
            Column("reason", TEXT, "", "`deleted` or `archived`"),
        ),
    ),
)

RESOURCES = (INTERACTION, SURVEY, CHANNEL)
"""The resources that are exported: whoever exports for a role needs that it may read them."""


def visible_tables(grants: Collection[str], declared: Mapping[str, Mapping[str, str]]) -> list[Table]:
    """The tables with the columns for which `grants` suffice; `declared` are the scopes of attributes, by resource."""
    tables = []
    for table in TABLES:
        scopes = declared.get(table.resource, {})
        if table.of not in scopes or covers(grants, scopes[table.of]):
            shown = tuple(column for column in table.columns if column.visible(grants, scopes))
            tables.append(replace(table, columns=shown))
    return tables
