# SPDX-License-Identifier: Apache-2.0
"""Track records (`x-track-record`): the changes of a resource as a list, at `/partyInteraction/{id}/change`."""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, post_load

from app.domain.events import lower_camel
from app.domain.query.predicates import Path
from app.errors import StartError
from app.spec.hooks import HOOK
from app.spec.nesting import PARENT
from app.spec.process_resources import PROCESS
from app.spec.schemas import Schemas
from app.spec.server_sources import SOURCE

TRACK_RECORD = "x-track-record"
"""Our keyword below `x-tmf-resources`: the changes of a resource are listed."""

CHANGE = "Change"
"""The schema of a change."""

_NEVER = (PARENT, HOOK, SOURCE, PROCESS)


class TrackRecordShape(Schema):
    """The value of `x-track-record`: the path to the channels that a change names, in the version that declares it."""

    channel = fields.String(load_default="")

    @post_load
    def _path(self, data: dict[str, Any], **_: Any) -> Path:
        return tuple(data["channel"].split(".")) if data["channel"] else ()


def change_name(resource: str) -> str:
    """What `x-tmf-resource` calls the changes of a resource."""
    return f"{resource}{CHANGE}"


def change_path(resource: str) -> str:
    """The path of the changes of a resource, below the base path."""
    return f"/{lower_camel(resource)}/{{id}}/{lower_camel(CHANGE)}"


def change_methods(declared: Mapping[str, Any]) -> dict[str, list[str]]:
    """The methods at the path of each track record that a document with these `x-tmf-resources` has."""
    return {change_path(name): ["get"] for name, declaration in declared.items() if TRACK_RECORD in declaration}


def refuse_wrong_track_records(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have a track record of what has none of its own."""
    for resource, declaration in declared.items():
        others = [name for name in _NEVER if name in declaration]
        if TRACK_RECORD in declaration and others:
            place = f"x-tmf-resources.{resource}.{TRACK_RECORD}"
            raise StartError(f"{place}: what has {others[0]} has no track record; take one of both out")


def undeclared_channels(schemas: Schemas, resource: str, channel: Path | None) -> Iterator[str]:
    """A line where the path of the channels is no attribute of the resource."""
    if channel and not schemas.declaring_schemas(resource, list(channel)):
        yield f"x-tmf-resources/{resource}/{TRACK_RECORD}/channel: '{'.'.join(channel)}' is no attribute of {resource}"
