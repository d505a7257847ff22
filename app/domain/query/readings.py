# SPDX-License-Identifier: Apache-2.0
"""Ambiguity of regular expressions: in how many ways one can match a text; a backtracking engine tries each."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.query.regex_tokens import Token, times


class Readings:
    """The number of ways in which an expression can match, counted token by token from its start."""

    def __init__(self, pieces: Iterable[Token] = ()) -> None:
        """Raises `ValueError` for the repetition of a group that can match in several ways."""
        self.unbounded = 0
        self.choices = 0
        """Tokens that can match in several, but not in unboundedly many, ways."""
        self.loops = False
        """Whether a group is repeated: backtracking engines keep a state for every round."""
        self._groups = [_Group()]
        self._last = 1
        """The readings of the last token or group, which a repetition behind it would repeat."""
        self._closed = False
        """Whether the last token closed a group."""
        for token in pieces:
            self._read(token)

    @property
    def number(self) -> int:
        """The number of readings; an unbounded repetition counts as two."""
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
    """The readings of a group that is not closed yet: of the branches before, and of the present one."""

    before: int = 0
    here: int = 1

    @property
    def readings(self) -> int:
        return self.before + self.here

    def branch(self) -> None:
        self.before, self.here = self.readings, 1
