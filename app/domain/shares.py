# SPDX-License-Identifier: Apache-2.0
"""Shares of a payload: which parties it concerns (`x-owner`), what of it is one party's alone, and what is of all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.query.predicates import Path

Place = tuple[str | int, ...]
"""The way from a payload to a value in it: names of members, and numbers of elements."""

Payload = Mapping[str, Any]

OWN_ID: Path = ("id",)
"""The path of `x-owner` by which a document as a whole is the party's whose id it has."""

WHOLE: Place = ()


@dataclass(frozen=True)
class Share:
    """The part of a payload that concerns the same `parties`, in the order of their ids.

    `rest` is the payload without what are other parties' alone, with nulls in the places of that; None where these
    parties have only `pieces` of it, by their places.
    """

    parties: tuple[str, ...]
    rest: Payload | None = None
    pieces: tuple[tuple[Place, Any], ...] = ()


def places_of_parties(payload: Payload, id: str, owners: Iterable[Path]) -> dict[Place, set[str]]:
    """The parties that each place of a payload concerns, by the owner paths of its documents; `id` is their own id.

    A place is the element of an array, or else the member of the first level, by which an owner path leads: it is the
    part of the document that is about this party. No place lies within another.
    """
    found: dict[Place, set[str]] = defaultdict(set)
    for owner in owners:
        if owner == OWN_ID:
            found[WHOLE].add(id)
            continue
        for side, document in payload.items():
            for place, party in _parties_at(document, owner, (side,), WHOLE):
                found[place].add(party)
    outer: dict[Place, set[str]] = defaultdict(set)
    for place, parties in found.items():
        outer[next(place[:end] for end in range(len(place) + 1) if place[:end] in found)] |= parties
    return dict(outer)


def split(payload: Payload, concerning: Mapping[Place, set[str]]) -> list[Share]:
    """The shares of a payload, whose documents are plain dicts where several parties are concerned.

    What is about one party alone is that party's; all else concerns all of them. Empty where nobody is concerned.
    """
    everybody = tuple(sorted(set().union(*concerning.values()))) if concerning else ()
    if len(everybody) < 2:
        return [Share(everybody, rest=payload)] if everybody else []
    pieces: dict[str, list[tuple[Place, Any]]] = defaultdict(list)
    for place, parties in concerning.items():
        if place != WHOLE and len(parties) == 1:
            pieces[min(parties)].append((place, _value_at(payload, place)))
    own = [Share((party,), pieces=tuple(pieces[party])) for party in sorted(pieces)]
    gaps = [(place, None) for share in own for place, _ in share.pieces]
    return [*own, Share(everybody, rest=_with(payload, gaps))]


def join(shares: Sequence[Share]) -> dict[str, Any]:
    """The payload of which these are shares; without the rest, what there is of it: pieces in arrays of their own."""
    rest = next((share.rest for share in shares if share.rest is not None), None)
    pieces = [piece for share in shares for piece in share.pieces]
    if rest is not None:
        return dict(_with(rest, pieces))
    fragment: dict[str, Any] = {}
    for place, value in pieces:
        _add(fragment, place, value)
    return fragment


def _value_at(payload: Any, place: Place) -> Any:
    """The value at a place of a payload."""
    for step in place:
        payload = payload[step]
    return payload


def _parties_at(value: Any, path: Path, place: Place, holder: Place) -> Iterator[tuple[Place, str]]:
    """The parties that a path leads to in a value, each with the place that is about it."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from _parties_at(element, path, (*place, index), (*place, index))
    elif not path:
        if isinstance(value, str):
            yield holder, value
    elif isinstance(value, Mapping) and path[0] in value:
        inner = (*place, path[0])
        yield from _parties_at(value[path[0]], path[1:], inner, holder or inner)


def _with(value: Any, pieces: Iterable[tuple[Place, Any]]) -> Any:
    """A copy of a value with others at some places; what does not lie on the way there is shared."""
    further: dict[str | int, list[tuple[Place, Any]]] = defaultdict(list)
    for place, new in pieces:
        if not place:
            return new
        further[place[0]].append((place[1:], new))
    if not further:
        return value
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    for step, inner in further.items():
        copy[step] = _with(copy[step], inner)
    return copy


def _add(fragment: Any, place: Place, value: Any) -> None:
    """Put a value at a place of a fragment; in arrays it comes behind what there is."""
    for step, following in zip(place, (*place[1:], None), strict=True):
        inner: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            fragment.append(inner)
        else:
            inner = fragment.setdefault(step, inner)
        fragment = inner
