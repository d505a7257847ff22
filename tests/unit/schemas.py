# SPDX-License-Identifier: Apache-2.0
"""Parts of schemas, for tests that make up documents."""

from typing import Any

TEXT = {"type": "string"}
DATE_TIME = {"type": "string", "format": "date-time"}


def ref(name: str) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def chosen_from(*classes: str) -> dict[str, Any]:
    """A discriminator that chooses between components of these names."""
    return {"propertyName": "@type", "mapping": {name: ref(name)["$ref"] for name in classes}}
