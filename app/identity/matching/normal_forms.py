# SPDX-License-Identifier: Apache-2.0
"""Normal forms of text: what is written in any script, case or accent, as plain Latin letters and digits."""

import re
import unicodedata

_ACCENTED_GREEK = str.maketrans("άέήίόύώ", "αεηιουω")
_GREEK = re.compile("ου|αυ|ευ|γγ|γχ|γκ|μπ|ντ|χ|υ|η")
_GREEK_SOUNDS = {"ου": "ou", "αυ": "av", "ευ": "ev", "γγ": "ng", "γχ": "nch", "γκ": "gk", "μπ": "b", "ντ": "nt"}
_GREEK_SOUNDS |= {"χ": "ch", "υ": "y", "η": "i"}
"""Greek as passports write it (ELOT 743), where letter by letter would sound otherwise."""

_ARABIC = str.maketrans({"ع": "a", "أ": "a", "إ": "i", "آ": "a", "ا": "a", "ى": "a", "ة": "a", "و": "u", "ي": "i"})
"""The letters of Arabic that stand for vowels in names: the short ones are not written at all."""

_ARTICLE = re.compile(r"\bال(?=\w\w)")

_APOSTROPHES = re.compile(r"['`´’ʼ]")
_OTHERS = re.compile(r"[^a-z0-9]+")


def fold_text(text: str) -> str:
    """The words of a text in Latin letters without case and accents, between single blanks: `Łukasz` is `lukasz`."""
    if not text.isascii():
        text = _transliterate(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_OTHERS.sub(" ", _APOSTROPHES.sub("", text).lower()).split())


def _transliterate(text: str) -> str:
    from anyascii import anyascii

    text = _GREEK.sub(lambda match: _GREEK_SOUNDS[match[0]], text.translate(_ACCENTED_GREEK))
    text = _ARTICLE.sub("al ", unicodedata.normalize("NFC", text))
    return anyascii(text.translate(_ARABIC))


_SPELLINGS = (
    (re.compile("tch|tsch"), "c"),
    (re.compile("sch|sh"), "s"),
    (re.compile("ph|v"), "f"),
    (re.compile("ck|q"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("c"), "k"),
    (re.compile("z"), "s"),
    (re.compile(r"(?<=[tgkdbr])h|h$"), ""),
)
_VOWELS = re.compile("[aeiouyjw]+")
_TWICE = re.compile(r"(.)\1+")


def phonetic_skeleton(folded: str) -> str:
    """The consonants of a folded name as they sound, after an `a` where it begins with a vowel: `Mohammed` is `mhmd`.

    Languages and scripts agree on consonants where they write vowels differently, or not at all.
    """
    sound = folded.replace(" ", "")
    for pattern, spelling in _SPELLINGS:
        sound = pattern.sub(spelling, sound)
    begins = "a" if _VOWELS.match(sound) else ""
    return begins + _TWICE.sub(r"\1", _VOWELS.sub("", sound))
