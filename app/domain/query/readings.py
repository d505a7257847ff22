# SPDX-License-Identifier: Apache-2.0
"""In how many ways an expression can be read: an engine that backtracks tries each."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.query.regex_tokens import Token, times


class Readings:
    """How many ways there are to read an expression, counted piece by piece from its start."""

    def __init__(self, pieces: Iterable[Token] = ()) -> None:
        """Raises `ValueError` when a piece repeats what has several readings."""
        self.unbounded = 0
        self.choices = 0
        """Pieces with a bounded number of readings."""
        self.loops = False
        """Whether a group is repeated: engines that backtrack remember every round."""
        self._groups = [_Group()]
        self._last = 1
        """Readings of the piece that a repetition would repeat."""
        self._closed = False
        """Whether that piece is a group."""
        for token in pieces:
            self._read(token)

    @property
    def number(self) -> int:
        """The ways; a repetition without an end counts as two."""
        return self._groups[0].readings

    def _read(self, token: Token) -> None:
        last, self._last = self._last, 1
        closed, self._closed = self._closed, token.lastgroup == "close"
        match token.lastgroup:
            case "open":
                self._groups.append(_Group())
            case "or":
                self._groups[-1].branch()
            case "close":
                self._last = self._groups.pop().readings
                self._groups[-1].here *= self._last
                self.choices += self._last > 1
            case "repeat":
                self.loops |= closed and token["sign"] != "?"
                self._repeat(last, *times(token))

    def _repeat(self, readings: int, least: int, most: int | None) -> None:
        if readings > 1 and most not in (0, 1):
            raise ValueError
        self.unbounded += most is None
        self.choices += most is not None and most > least
        self._groups[-1].here *= 2 if most is None else most - least + 1


@dataclass
class _Group:
    """Readings of the branches of a group: those before, and the one at hand."""

    before: int = 0
    here: int = 1

    @property
    def readings(self) -> int:
        return self.before + self.here

    def branch(self) -> None:
        self.before, self.here = self.readings, 1
