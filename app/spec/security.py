# SPDX-License-Identifier: Apache-2.0
"""Who may call an operation, as its document says: `security` with the one scope that its access token needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.scopes import is_scope
from app.spec.operations import METHODS

SCHEME = "accessToken"
"""The security scheme of all documents: an access token of an issuer that the deployment names (OpenID Connect)."""

EXAMPLE = "https://issuer.example.com/.well-known/openid-configuration"

Document = dict[str, Any]


def scope_of(security: Sequence[Mapping[str, Sequence[str]]]) -> str:
    """The scope that the `security` of an operation demands. Lint holds that there is just one."""
    return security[0][SCHEME][0]


def scopes(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Method, path and scope of each operation of a bundled document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, scope_of(item[method]["security"])


def undeclared_scopes(document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each operation of a document that does not say which scope it needs, and what would be right."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item and not _has_scope(item[method].get("security")):
                yield (
                    f"{method.upper()} {path}: security should be a list of one object, "
                    f"{{{SCHEME}: ['customer:read']}}, with the scope that the operation needs"
                )


def _has_scope(security: Any) -> bool:
    try:
        (requirement,) = security
        ((scheme, (scope,)),) = requirement.items()
    except (TypeError, ValueError, AttributeError):
        return False
    return scheme == SCHEME and is_scope(scope)


def declare_scheme(document: Document, metadata: str = EXAMPLE) -> Document:
    """The bundled `document` with the scheme that its operations name; `metadata` is the URL of the issuer's.

    Changes and returns `document`.
    """
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    if not any("security" in operation for operation in operations):
        return document
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes[SCHEME] = {
        "type": "openIdConnect",
        "description": "An access token of an issuer that this server accepts, as `Authorization: Bearer …`.",
        "openIdConnectUrl": metadata,
    }
    return document


def without_security(document: Mapping[str, Any]) -> Document:
    """The document as a server has it that asks nobody for a token."""
    components = {name: value for name, value in document["components"].items() if name != "securitySchemes"}
    paths = {path: _open(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths, "components": components, "security": []}


def _open(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: value for key, value in each.items() if key != "security"} if name in METHODS else each
        for name, each in item.items()
    }
