# SPDX-License-Identifier: Apache-2.0
"""Which v5 class a v4 characteristic belongs to, and the specification of a value of one: by the JSON type of it."""

from typing import Any

Members = dict[str, Any]

_JSON_TYPES = {bool: "Boolean", int: "Integer", float: "Number", str: "String", dict: "Object"}
_PLAIN = tuple(_JSON_TYPES.values())
_CHARACTERISTIC, _SPECIFICATION = "Characteristic", "CharacteristicValueSpecification"

CHARACTERISTIC_CLASSES = (
    _CHARACTERISTIC,
    "FloatCharacteristic",
    "MapAnyCharacteristicValue",
    *(f"{plain}{array}{_CHARACTERISTIC}" for plain in _PLAIN for array in ("", "Array")),
)
VALUE_SPECIFICATION_CLASSES = (
    _SPECIFICATION,
    *(f"{kind}{array}{_SPECIFICATION}" for kind in (*_PLAIN, "Float", "Map") for array in ("", "Array")),
)

_WIDER = {
    "Integer": ("Number", "Float"),
    "Number": ("Float",),
    "IntegerArray": ("NumberArray", "FloatArray"),
    "NumberArray": ("FloatArray",),
    "Object": ("Map", "MapAnyCharacteristicValue"),
    "ObjectArray": ("MapArray",),
}
"""The kinds that a class may claim although the value alone would put it into the first."""


def characteristic_class(characteristic: Members) -> str:
    """The class of a characteristic: by the JSON type of its `value`, or a wider one if it claims that."""
    return _class_by_value(characteristic, _CHARACTERISTIC)


def value_specification_class(specification: Members) -> str:
    """The class of the specification of a value, as that of a characteristic with this value."""
    return _class_by_value(specification, _SPECIFICATION)


def _class_by_value(members: Members, base: str) -> str:
    value, claimed = members.get("value"), members.get("@type")
    kind = _JSON_TYPES.get(type(value)) or _json_type(value)
    if claimed is None:
        return f"{kind}{base}"
    claimed_kind = str(claimed).removesuffix(base)
    empty = value == [] and claimed_kind.endswith("Array")
    return str(claimed) if empty or claimed_kind in _WIDER.get(kind, ()) else f"{kind}{base}"


def _json_type(value: Any) -> str:
    if isinstance(value, list):
        kinds = {_json_type(each) for each in value}
        if kinds == {"Integer", "Number"}:
            return "NumberArray"
        return f"{kinds.pop()}Array" if len(kinds) == 1 and kinds <= set(_PLAIN) else ""
    return next((kind for plain, kind in _JSON_TYPES.items() if isinstance(value, plain)), "")
