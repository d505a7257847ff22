# SPDX-License-Identifier: Apache-2.0
"""Rules beyond the schema: vocabulary of an attribute, lifecycle (state machine) and rules of a resource."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from app.domain.events import STATE
from app.domain.query.predicates import Path, Spellings
from app.domain.ranges import ValueRange
from app.domain.roll_up import RollUp
from app.domain.violations import Violation, refusal
from app.errors import IllegalTransition, InvalidField, InvalidQuery, shorten


@dataclass(frozen=True)
class Vocabulary:
    """The texts that an attribute takes: `terms`, and `aliases`, each of which means a term.

    With `folded`, letter case does not count. With `free`, documents keep the spelling that a client sent.
    """

    terms: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    folded: bool = False
    free: bool = False

    def term(self, text: str) -> str | None:
        """The term that `text` is a spelling of; None when it is none."""
        return self._terms.get(text.lower() if self.folded else text)

    def value(self, text: str, name: str) -> str | Spellings:
        """The operand for a comparison of the attribute `name` with `text`: the term, or all spellings of it if `free`.

        Raises `InvalidQuery`, listing the terms, for a text that is none.
        """
        term = self.term(text)
        if term is None:
            raise InvalidQuery(f"'{shorten(text, 60)}' is not a known {name}{self._right(text)}")
        return Spellings(term, self.spellings(term)) if self.free else term

    def spellings(self, term: str) -> frozenset[str]:
        """All texts that mean `term`; in lower case where letter case does not count."""
        return frozenset(text for text, meant in self._terms.items() if meant == term)

    @cached_property
    def _terms(self) -> Mapping[str, str]:
        spelt = {**self.aliases, **{term: term for term in self.terms}}
        return {text.lower(): term for text, term in spelt.items()} if self.folded else spelt

    def _right(self, text: str) -> str:
        lowered = {each.lower(): term for each, term in self._terms.items()}
        near = get_close_matches(text.lower(), lowered, n=1, cutoff=0.5)
        meant = f"; did you mean '{lowered[near[0]]}'? It" if near else "; it"
        return f"{meant} is one of: {shorten(', '.join(self.terms), 300)}"


def enumeration(values: Iterable[object]) -> Vocabulary | None:
    """The vocabulary of an enum; None when not all of its values are texts."""
    terms = tuple(values)
    return Vocabulary(tuple(map(str, terms))) if all(isinstance(term, str) for term in terms) else None


Document = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Lifecycle:
    """The states of a resource, as its OpenAPI document declares them under `x-lifecycle`.

    A resource without states has an empty `field`; nothing then begins, moves or ends (`NO_LIFECYCLE`).

    `event` is what the API calls a change of state in the types of its events: `StateChange`, or `StatusChange`.

    States compare without case and through `aliases`. The text is kept as the client sent it, unless the
    document closes the list of spellings with an enum (`closed`): then the declared spelling is kept.

    With a `roll_up` a state follows from those of the items, where a client changes these and not the state itself.

    `field` holds the state in what is stored. A version that calls that attribute otherwise says so with `shown_as`.
    """

    field: str
    initial: str
    moves: Mapping[str, frozenset[str]]
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    process_moves: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    changed: str | None = None
    closed: bool = False
    event: str = STATE
    shown_as: str = ""
    roll_up: RollUp | None = None

    @property
    def shown_field(self) -> str:
        """The attribute that holds the state in what clients send and see."""
        return self.shown_as or self.field

    @cached_property
    def concerns(self) -> frozenset[str]:
        """See `app.domain.violations.Finds`."""
        return frozenset({self.shown_field} if self.field else ())

    def violations(self, body: Any) -> Iterator[Violation]:
        """The violation that the state in a body is unknown. Only of text: anything else violates the schema."""
        text = body.get(self.shown_field) if self.field and isinstance(body, Mapping) else None
        if isinstance(text, str) and self.state(text) is None:
            yield self._unknown(text)

    def with_direct_moves(self) -> "Lifecycle":
        """The lifecycle in which clients may make the moves that are for a process, too."""
        moves = {state: self.moves[state] | set(self.process_moves.get(state, ())) for state in self.moves}
        return dataclasses.replace(self, moves=moves, process_moves={})

    @cached_property
    def companions(self) -> frozenset[str]:
        """Attributes that explain the state (reason, time of change): with it they change, in the same event."""
        reason = {f"{self.field}Reason"} if self.field else set()
        return frozenset(reason | ({self.changed} if self.changed else set()))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the attribute that holds the state."""
        return Vocabulary(tuple(self.moves), self.aliases, folded=True, free=not self.closed)

    def begin(self, document: Document, at: datetime) -> None:
        """Give a new document its state: the one it asks for, else the initial one."""
        if not self.field:
            return
        if self.roll_up and self.field not in document:
            document[self.field] = self.roll_up.becomes(document, self.state) or self.initial
        document.setdefault(self.field, self.initial)
        self._spell(document)
        if self.changed:
            document.setdefault(self.changed, at)

    def advance(self, before: Document, after: Document, at: datetime, *, by_process: bool = False) -> None:
        """Check the transition from the state of `before` to that of `after`, and set the time of change in `after`.

        Raises `InvalidField` for an unknown state, `IllegalTransition` naming the allowed ones. The same state
        in another spelling is no transition: the former text stays. Some moves only a process may make.
        """
        if not self.field:
            return
        if self.field not in after:
            raise InvalidField(f"/{self.shown_field} may not be removed; it is one of: {self._state_list}")
        if self.roll_up:
            self._follow_items(self.roll_up, before, after)
        new = self._spell(after)
        old = self.state(before.get(self.field))
        if new == old:
            after[self.field] = before[self.field]
        elif old is not None:
            self._allow(old, new, by_process)
        if new != old and self.changed:
            after[self.changed] = at

    def _follow_items(self, roll_up: RollUp, before: Document, after: Document) -> None:
        """Set the state in `after` that follows from its items, where these changed, and where a client may set it."""
        if after.get(roll_up.of) is before.get(roll_up.of) or after[self.field] != before.get(self.field):
            return
        old, new = self.state(after[self.field]), roll_up.becomes(after, self.state)
        if old is not None and new is not None and new in self.moves[old]:
            after[self.field] = new

    def state(self, text: object) -> str | None:
        """The declared state that a text names; None when it names none."""
        return self.vocabulary.term(text) if isinstance(text, str) else None

    def is_over(self, document: Document) -> bool:
        """Whether the document is in a final state: no move leads on from it."""
        state = self.state(document.get(self.field)) if self.field else None
        return state is not None and not self.moves[state]

    def _spell(self, document: Document) -> str:
        state = self.state(document[self.field])
        if state is None:
            raise refusal([self._unknown(document[self.field])])
        if self.closed:
            document[self.field] = state
        return state

    def _unknown(self, text: object) -> Violation:
        told = f"'{shorten(text, 60)}' is not a known {self.shown_field}; it is one of: {self._state_list}"
        return Violation(f"/{self.shown_field}", told, rule=f"state {text}")

    def _allow(self, old: str, new: str, by_process: bool) -> None:
        if new in self.moves[old] or (by_process and new in self.process_moves.get(old, {})):
            return
        allowed = ", ".join(sorted(self.moves[old])) or "nothing, it is final"
        hints = "".join(f"; {state} by the {name} process" for state, name in self.process_moves.get(old, {}).items())
        raise IllegalTransition(
            f"{self.shown_field} may not go from {old} to {new}; allowed from {old}: {allowed}{hints}"
        )

    @property
    def _state_list(self) -> str:
        return ", ".join(self.moves)


STATUS = "status"
"""The attribute that holds the state, unless a lifecycle names another."""

NO_LIFECYCLE = Lifecycle(field="", initial="", moves={})
"""The lifecycle of a resource whose document declares none."""

IDENTITY = ("id", "href", "@type", "@baseType", "@schemaLocation")
"""Attributes that no resource lets a patch change."""


@dataclass(frozen=True)
class Dependence:
    """A document needs, while it lives, the one of `resources` that it names at `path` (of the stored document)."""

    path: Path
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Dependent:
    """Documents of `resource` that name another one at `path` (of the stored document) need it while they live."""

    resource: str
    path: Path


SUBJECT, ROLE, RECORD = ARCHIVED = ("subject", "role", "record")
"""What a bundle has: whom it is about, such as a customer; other roles of that party; and records of both."""


@dataclass(frozen=True)
class Demand:
    """While the `attribute` of a document has this `value`, without regard to case, it must have the attributes
    `needed`, too, and may have none of the `excluded` ones."""

    attribute: str
    value: str
    needed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def violations(self, document: Any) -> Iterator[Violation]:
        """A violation for each attribute that is missing, or one too many."""
        value = document.get(self.attribute)
        if isinstance(value, str) and value.lower() == self.value.lower():
            for name in self.needed:
                if name not in document:
                    told = f"is mandatory where {self.attribute} is {self.value}"
                    yield Violation(f"/{name}", told, rule="demand", lacking=True)
            for name in self.excluded:
                if name in document:
                    told = f"may not be there where {self.attribute} is {self.value}"
                    yield Violation(f"/{name}", told, rule="demand")


@dataclass(frozen=True)
class Rules:
    """The rules of one resource, on its stored document.

    `complete` fills in what the server owns or defaults on create; `ordered` are pairs of date-times, the second of
    which may not lie before the first; `fixed` are the attributes that a patch may not change; `needs` are other
    documents that may not be deleted while this one lives, and `holds` others that may not either, with all that
    belongs to them (a legal hold); `touched` is the attribute that says when the document last changed, if it has one.
    `demands` are attributes that a document needs because of the value of another, and `ranges` those of numbers that
    depend on another, as its OpenAPI document declares them. `archived` says as what a document
    goes into a bundle of the archive (`ARCHIVED`), `registers_bundles` that the documents tell of bundles, and
    `identifiers` where a document has identifiers by which one is sure who it is. `tracked` is the class of those
    documents whose promises are kept track of (eTOM 1.6.9).
    """

    complete: Callable[[Document, datetime], None] = lambda document, at: None
    ordered: tuple[tuple[str, str], ...] = ()
    fixed: tuple[str, ...] = IDENTITY
    needs: tuple[Dependence, ...] = ()
    holds: Dependence | None = None
    touched: str | None = None
    demands: tuple[Demand, ...] = ()
    ranges: tuple[ValueRange, ...] = ()
    archived: str = ""
    registers_bundles: bool = False
    identifiers: tuple[Path, ...] = ()
    tracked: str = ""

    def check(self, document: Document) -> None:
        """Raise `InvalidField` for what the rules forbid in a document, whose date-times are instants."""
        if found := [*self._disorder(document), *self._unmet(document)]:
            raise refusal(found)

    def violations(self, typed: Callable[[Any], Any], body: Any) -> Iterator[Violation]:
        """The violations for which `check` would raise, in a JSON body; `typed` turns its date-times into instants."""
        if self.ordered:
            yield from self._disorder(typed(body))
        yield from self._unmet(body)

    def touch(self, document: Document, at: datetime) -> None:
        """Set the time of the last change in `document`, where it has an attribute for that (`touched`)."""
        if self.touched:
            document[self.touched] = at

    def untouch(self, before: Document, after: Document) -> None:
        """Restore the time of the last change in `after` to that of `before`: clients cannot set it."""
        if self.touched and self.touched in before:
            after[self.touched] = before[self.touched]
        elif self.touched:
            after.pop(self.touched, None)

    def _disorder(self, document: Any) -> Iterator[Violation]:
        for earlier, later in self.ordered:
            start, end = document.get(earlier), document.get(later)
            if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
                yield Violation(f"/{later}", f"lies before /{earlier}", rule="ordered")

    def _unmet(self, document: Any) -> Iterator[Violation]:
        for demand in self.demands:
            yield from demand.violations(document)
        for ranged in self.ranges:
            yield from ranged.violations(document)
