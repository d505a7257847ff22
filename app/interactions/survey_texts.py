# SPDX-License-Identifier: Apache-2.0
"""What the page of a survey says, in each language that it is offered in."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.spec.yaml_loader import load_yaml

LANGUAGES = ("de", "en", "fr", "nl", "ar")
"""ISO 639-1 codes of the languages; the document of the surveys lists the same."""

_FILE = Path(__file__).with_name("survey_texts.yaml")

Texts = Mapping[str, Any]


@cache
def survey_texts() -> Mapping[str, Texts]:
    """The texts, by language; read when somebody first asks for a page."""
    texts: Mapping[str, Texts] = load_yaml(_FILE.read_text(encoding="utf-8"))
    return texts


def supported_language(*wishes: object) -> str | None:
    """The first of the `wishes`, such as `nl-BE`, that is a language of the page; None where none is."""
    codes = (each.strip().lower().replace("_", "-").partition("-")[0] for each in wishes if isinstance(each, str))
    return next((code for code in codes if code in LANGUAGES), None)
