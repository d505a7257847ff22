# SPDX-License-Identifier: Apache-2.0
"""Values of Parquet columns as JSON: the supported types, and how each becomes the value of an attribute."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

from app.domain import dates
from app.domain.query.attributes import DATE_TIME, Attribute
from app.errors import InvalidField, StartError
from app.transfer.columns import OTHERS, is_json

INSTANT = pa.timestamp("ms", tz="UTC")

_UNDERSTOOD: tuple[Callable[[Any], bool], ...] = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_timestamp,
    pa.types.is_date,
    pa.types.is_null,
)
Reading = Callable[[Any], Any]


class Cells:
    """A column of a table: its `name`, and the conversion of its values to those of the attribute of this name."""

    def __init__(self, field: Any, attribute: Attribute | None) -> None:
        """`field` is that of the column in the Arrow schema. Raises `StartError` for an unsupported type."""
        _refuse_unknown(field.name, field.type)
        self.name: str = field.name
        dated = attribute is not None and attribute.kind == DATE_TIME and pa.types.is_date(field.type)
        self._instants = pa.types.is_timestamp(field.type) or dated
        self._reading = _reading(field, attribute)

    def values(self, column: Any) -> list[Any]:
        """The values of an Arrow array as JSON values, or as `plain` makes them such; None where there is none.

        Date-times without a time zone are UTC. A malformed JSON text is represented by an `InvalidField`.
        """
        converted = column.cast(INSTANT, safe=False) if self._instants else column
        return [None if value is None else self._reading(value) for value in converted.to_pylist()]


def plain(value: Any) -> Any:
    """Converts values that `orjson` cannot serialise."""
    match value:
        case datetime():
            return dates.text(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _reading(field: Any, attribute: Attribute | None) -> Reading:
    is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    if is_text and (field.name == OTHERS or is_json(attribute)):
        return lambda text: _parse_json(field.name, text)
    if attribute is not None and attribute.kind == "number" and pa.types.is_floating(field.type):
        return lambda number: int(number) if number.is_integer() else _without_empty(number)
    return _without_empty


def _parse_json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return InvalidField(f"The column '{name}' holds JSON texts, and this is none")


def _without_empty(value: Any) -> Any:
    """A value without members that are null, and with null for NaN."""
    if isinstance(value, dict):
        members = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None}
    if isinstance(value, list):
        return [_without_empty(element) for element in value]
    return None if isinstance(value, float) and value != value else value


def _refuse_unknown(name: str, kind: Any) -> None:
    if pa.types.is_dictionary(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        _refuse_unknown(name, kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            _refuse_unknown(f"{name}.{field.name}", field.type)
    elif not any(understands(kind) for understands in _UNDERSTOOD):
        raise StartError(f"The column '{name}' is of type {kind}, which is not understood; leave it out or convert it")
