"""Controlled vocabularies: the texts that an attribute takes, such as the values of an enum, or states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from app.domain.query.predicates import Spellings
from app.errors import InvalidQuery, shortened


@dataclass(frozen=True)
class Vocabulary:
    """The texts that an attribute takes: `terms`, and `aliases` that mean one of them.

    With `folded` letter case does not count. With `free` the text is kept as it was sent, in whatever spelling.
    """

    terms: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    folded: bool = False
    free: bool = False

    def term(self, text: str) -> str | None:
        """The term that `text` is a spelling of; None when it is none."""
        return self._terms.get(text.lower() if self.folded else text)

    def value(self, text: str, name: str) -> str | Spellings:
        """What an attribute called `name` has to be where it is compared with `text`: the term, or any spelling of it.

        Raises `InvalidQuery` for what no such attribute is, with what it may be.
        """
        term = self.term(text)
        if term is None:
            raise InvalidQuery(f"'{shortened(text, 60)}' is not a known {name}{self._right(text)}")
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
        return f"{meant} is one of: {shortened(', '.join(self.terms), 300)}"


def enumeration(values: Iterable[object]) -> Vocabulary | None:
    """The vocabulary of an enum; None when not all of its values are texts."""
    terms = tuple(values)
    return Vocabulary(tuple(map(str, terms))) if all(isinstance(term, str) for term in terms) else None
