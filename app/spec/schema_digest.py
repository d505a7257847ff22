# SPDX-License-Identifier: Apache-2.0
"""The digest of a JSON Schema: two schemas with the same one take the same values."""

from hashlib import sha256
from typing import Any

import orjson

ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "externalDocs",
        "deprecated",
        "readOnly",
        "writeOnly",
        "xml",
    }
)
"""The keywords of OpenAPI and JSON Schema that refuse no value."""

_NAMED = frozenset({"properties", "patternProperties", "definitions", "schemas"})
"""The keywords whose values are schemas by names of the author, which may be those of keywords."""

_VALUES = frozenset({"enum", "const", "required"})
"""The keywords that hold no schema."""


def schema_digest(*schemas: Any) -> str:
    """The SHA-256, in hexadecimal, of schemas without their annotations; the order of members does not matter."""
    return sha256(orjson.dumps([_bare(each) for each in schemas], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _bare(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _bare_keyword(name, value) for name, value in schema.items() if name not in ANNOTATIONS}


def _bare_keyword(name: str, value: Any) -> Any:
    if name in _NAMED and isinstance(value, dict):
        return {inner: _bare(schema) for inner, schema in value.items()}
    return value if name in _VALUES else _bare(value)
