# SPDX-License-Identifier: Apache-2.0
"""Comparisons of values: each says whether two agree in one way, whichever of them stands first."""

from collections.abc import Callable, Mapping
from typing import Any

from app.identity.matching.record import Value

VOWELS = "aeo"

Comparison = Callable[[Value, Value], bool]


def exact(argument: Any) -> Comparison:
    """The same."""
    return lambda one, other: one.text == other.text


def phonetic(argument: Any) -> Comparison:
    """The same consonants; a single one says nothing."""
    return lambda one, other: one.sound == other.sound and len(one.sound) > 1


def jaro_winkler(at_least: float) -> Comparison:
    """A similarity of Jaro and Winkler of at least so much, from 0 to 1."""
    from rapidfuzz.distance.JaroWinkler import similarity

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        if left > right:  # Which letters are paired depends on the order of the two.
            left, right = right, left
        return similarity(left, right, score_cutoff=at_least) > 0

    return agree


def damerau_levenshtein(at_most: float) -> Comparison:
    """At most so many letters, and fewer than every third, added, left out, replaced or swapped with a neighbour."""
    from rapidfuzz.distance.DamerauLevenshtein import distance

    most, longer = int(at_most), 3 * int(at_most)

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        return (len(left) > longer or len(right) > longer) and distance(left, right, score_cutoff=most) <= most

    return agree


def tokens(at_least: float) -> Comparison:
    """A similarity of at least so much, from 0 to 1, of the words in either's own order or in that of the alphabet."""
    from rapidfuzz.distance.Indel import normalized_similarity

    def agree(one: Value, other: Value) -> bool:
        return (
            normalized_similarity(one.text, other.text, score_cutoff=at_least) > 0
            or normalized_similarity(" ".join(one.tokens), " ".join(other.tokens), score_cutoff=at_least) > 0
        )

    return agree


def contains(argument: Any) -> Comparison:
    """All words of one among those of the other."""

    def agree(one: Value, other: Value) -> bool:
        few, many = sorted((set(one.tokens), set(other.tokens)), key=len)
        return bool(few) and few <= many

    return agree


def initial(argument: Any) -> Comparison:
    """A single letter with which the other begins."""

    def agree(one: Value, other: Value) -> bool:
        return one.text[0] == other.text[0] and min(len(one.text), len(other.text)) == 1

    return agree


def vowel_ending(argument: Any) -> Comparison:
    """The same but for a vowel at the end, as names of siblings may be: `Jan` and `Jana`, `Maria` and `Marie`."""

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        return left != right and left.rstrip(VOWELS) == right.rstrip(VOWELS) and abs(len(left) - len(right)) <= 1

    return agree


def rhyme(argument: Any) -> Comparison:
    """The same but for the first letter, as names of siblings may be: `Jason` and `Mason`, `Ryan` and `Bryan`."""

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        return left[:1] != right[:1] and (left[1:] in (right[1:], right) or right[1:] == left)

    return agree


def suffix(digits: float) -> Comparison:
    """The same last so many digits, as of a phone number with and without its country."""
    length = int(digits)
    return lambda one, other: one.text[-length:] == other.text[-length:] and len(one.text) >= length <= len(other.text)


def day_and_month_swapped(argument: Any) -> Comparison:
    """The same year, with day and month changed for each other."""

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        return left[:4] == right[:4] and left[5:7] == right[8:10] and left[8:10] == right[5:7]

    return agree


def one_digit(argument: Any) -> Comparison:
    """Dates that differ in one digit, or in two neighbours that are swapped, but not by a generation: in the decade."""
    from rapidfuzz.distance.OSA import distance

    def agree(one: Value, other: Value) -> bool:
        left, right = one.text, other.text
        return left[:3] == right[:3] and distance(left[3:], right[3:], score_cutoff=1) <= 1

    return agree


def same_year(argument: Any) -> Comparison:
    """Dates in the same year."""
    return lambda one, other: one.text[:4] == other.text[:4]


def same_day_and_month(argument: Any) -> Comparison:
    """Dates on the same day of different years."""
    return lambda one, other: one.text[5:] == other.text[5:]


def same_local_part(argument: Any) -> Comparison:
    """E-mail addresses of the same name at different domains."""
    return lambda one, other: one.text.rpartition("@")[0] == other.text.rpartition("@")[0]


def same_domain(argument: Any) -> Comparison:
    """E-mail addresses at the same domain."""
    return lambda one, other: one.text.rpartition("@")[2] == other.text.rpartition("@")[2]


COMPARISONS: Mapping[str, tuple[Callable[[Any], Comparison], str]] = {
    "exact": (exact, ""),
    "phonetic": (phonetic, ""),
    "jaroWinkler": (jaro_winkler, "atLeast"),
    "damerauLevenshtein": (damerau_levenshtein, "atMost"),
    "tokens": (tokens, "atLeast"),
    "contains": (contains, ""),
    "initial": (initial, ""),
    "vowelEnding": (vowel_ending, ""),
    "rhyme": (rhyme, ""),
    "suffix": (suffix, "digits"),
    "dayAndMonthSwapped": (day_and_month_swapped, ""),
    "oneDigit": (one_digit, ""),
    "sameYear": (same_year, ""),
    "sameDayAndMonth": (same_day_and_month, ""),
    "sameLocalPart": (same_local_part, ""),
    "sameDomain": (same_domain, ""),
}
"""The comparisons of values by their names in a rule file, with the argument that each needs."""
