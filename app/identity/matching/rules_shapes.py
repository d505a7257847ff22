# SPDX-License-Identifier: Apache-2.0
"""The shape of a rule file: what each part of it may say, and what becomes of it."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.identity.matching.blocking import FORMS
from app.identity.matching.comparisons import COMPARISONS
from app.identity.matching.extraction import WORDS
from app.identity.matching.kinds import KINDS, KindOptions
from app.identity.matching.levels import CROSSINGS, MIXED
from app.identity.matching.normal_forms import fold_text
from app.identity.matching.rules import GRADES, Attribute, BlockPart, Conditions, Level, Source, Veto

RESOURCES = ("Individual", "Organization")


HEAVIEST = 64.0
STEP = 4
"""Weights are whole quarters, whose sums are exact."""

_NAME = validate.Regexp(r"[A-Za-z@_][\w@-]*\Z", error="'{input}' should be letters and digits")
_PATH = validate.Regexp(r"[A-Za-z@_][\w@]*(\.[A-Za-z@_][\w@]*)*\Z", error="'{input}' should be a path such as a.b")
_PART = re.compile(r"(?P<names>[\w@-]+(?:\|[\w@-]+|\+[\w@-]+)*)(?::(?P<form>\w+))?")


class Weight(fields.Float):
    """A weight: quarters of a bit."""

    def _deserialize(self, value: Any, *more: Any, **kwargs: Any) -> float:
        weight: float = super()._deserialize(value, *more, **kwargs)
        if not -HEAVIEST <= weight <= HEAVIEST or weight * STEP % 1:
            raise ValidationError(f"{value} should be a multiple of 0.25 from {-HEAVIEST:g} to {HEAVIEST:g}")
        return weight


class SourceField(fields.Field[Source]):
    """A path, or a mapping with the path of an object and what of it is joined."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Source:
        if isinstance(value, str):
            _PATH(value)
            *parents, leaf = value.split(".")
            return Source(tuple(parents), (leaf,))
        loaded: dict[str, Any] = _SourceShape().load(value)
        parents = loaded["path"].split(".")
        leaves = loaded.get("join") or [parents.pop()]
        return Source(tuple(parents), tuple(leaves), *(loaded[name] for name in ("word", "scope", "authority")))


class _SourceShape(Schema):
    path = fields.String(required=True, validate=_PATH)
    join = fields.List(fields.String(validate=_NAME), validate=validate.Length(1))
    word = fields.String(load_default="", validate=validate.OneOf(WORDS))
    scope = fields.String(load_default="", validate=_NAME)
    authority = fields.String(load_default="", validate=_NAME)


class _LevelShape(Schema):
    level = fields.String(required=True, validate=_NAME)
    weight = Weight(required=True)
    compare = fields.String(load_default="", validate=validate.OneOf(["", *CROSSINGS, MIXED, *COMPARISONS]))
    at_least = fields.Float(data_key="atLeast", validate=validate.Range(0, 1, min_inclusive=False))
    at_most = fields.Integer(data_key="atMost", strict=True, validate=validate.Range(1, 9))
    digits = fields.Integer(strict=True, validate=validate.Range(4, 15))
    other = fields.String(data_key="with", validate=_NAME)

    @post_load
    def _level(self, data: dict[str, Any], **_: Any) -> Level:
        name, weight, compare = data.pop("level"), data.pop("weight"), data.pop("compare")
        given = {self.fields[field].data_key or field: value for field, value in data.items()}
        needed = ["with", "atLeast"] if compare in CROSSINGS else [COMPARISONS.get(compare, (None, ""))[1]]
        needed = [each for each in needed if each]
        if sorted(given) != sorted(needed):
            raise ValidationError(
                f"'{compare}' needs {' and '.join(needed) or 'nothing else'}, and has {', '.join(given) or 'nothing'}"
            )
        values = tuple(given[each] for each in needed)
        return Level(name, weight, compare, values if compare in CROSSINGS else values[0] if values else None)


class _AttributeShape(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    sources = fields.List(SourceField(), data_key="from", required=True, validate=validate.Length(1))
    otherwise = fields.List(SourceField(), load_default=list)
    levels = fields.List(fields.Nested(_LevelShape), required=True, validate=validate.Length(2))
    when_missing = Weight(data_key="whenMissing", load_default=0.0, validate=validate.Range(max=0))
    without = fields.List(fields.String(), load_default=list)
    spellings = fields.Dict(fields.String(), fields.String(), load_default=dict)
    region = fields.String(load_default="", validate=validate.Regexp("([A-Z]{2})?\\Z", error="should be as in DE"))
    ignore_plus = fields.Boolean(data_key="ignorePlus", load_default=False)
    ignore_dots = fields.List(fields.String(), data_key="ignoreDots", load_default=list)

    @post_load
    def _attribute(self, data: dict[str, Any], **_: Any) -> Attribute:
        options = KindOptions(
            frozenset(fold_text(word).replace(" ", "") for word in data["without"]),
            {fold_text(word): fold_text(spelling) for word, spelling in data["spellings"].items()},
            data["region"],
            data["ignore_plus"],
            frozenset(data["ignore_dots"]),
        )
        sources, otherwise, levels = (tuple(data[name]) for name in ("sources", "otherwise", "levels"))
        return Attribute("", data["kind"], options, sources, otherwise, levels, data["when_missing"])


class ConditionsField(fields.Field[Conditions]):
    """A mapping of attributes to the levels that they should have."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Conditions:
        loaded: dict[str, list[str]] = _CONDITIONS.deserialize(value)
        return {name: frozenset(levels) for name, levels in loaded.items()}


_CONDITIONS = fields.Dict(
    fields.String(), fields.List(fields.String(), validate=validate.Length(1)), validate=validate.Length(1)
)


class _VetoShape(Schema):
    cap = fields.String(required=True, validate=validate.OneOf(GRADES[1:]))
    when = ConditionsField(load_default=dict)
    unless = fields.List(ConditionsField(), load_default=list)

    @post_load
    def _veto(self, data: dict[str, Any], **_: Any) -> Veto:
        if not (data["when"] or data["unless"]):
            raise ValidationError("should have 'when' or 'unless': else no pair could be certain")
        return Veto("", data["cap"], data["when"], tuple(data["unless"]))


class PartField(fields.Field[BlockPart]):
    """`attribute:form`, of several attributes `a|b:form` (any) or `a+b:form` (all together)."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> BlockPart:
        match = _PART.fullmatch(value) if isinstance(value, str) else None
        if match is None or {"|", "+"} <= set(match["names"]):
            raise ValidationError(f"'{value}' should be attribute:form, a|b:form or a+b:form")
        form = match["form"] or "whole"
        if form not in FORMS:
            raise ValidationError(f"'{form}' is no form: there are {', '.join(FORMS)}")
        return BlockPart(tuple(re.split(r"[|+]", match["names"])), "+" in match["names"], form)


class PatternsField(fields.Field[list[str]]):
    """Values of which `*` stands for anything."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[str]:
        patterns = value if isinstance(value, list) else [value]
        if not patterns or not all(isinstance(each, str) and each.strip("* ") for each in patterns):
            raise ValidationError("should be a text or several, of more than '*'")
        return patterns


class _ThresholdsShape(Schema):
    certain = Weight(required=True)
    possible = Weight(required=True)

    @post_load
    def _thresholds(self, data: dict[str, float], **_: Any) -> dict[str, float]:
        if data["possible"] > data["certain"]:
            raise ValidationError("possible should be no more than certain")
        return data


class RuleSetShape(Schema):
    thresholds = fields.Nested(_ThresholdsShape, required=True)
    attributes = fields.Dict(
        fields.String(validate=_NAME), fields.Nested(_AttributeShape), required=True, validate=validate.Length(1)
    )
    vetoes = fields.Dict(fields.String(validate=_NAME), fields.Nested(_VetoShape), load_default=dict)
    blocks = fields.List(
        fields.List(PartField(), validate=validate.Length(1)), required=True, validate=validate.Length(1)
    )
    placeholders = fields.List(
        fields.Dict(fields.String(), PatternsField(), validate=validate.Length(1)), load_default=list
    )


RulesShape = Schema.from_dict(
    {
        "version": fields.String(required=True, validate=validate.Length(1, 64)),
        **{resource: fields.Nested(RuleSetShape, required=True) for resource in RESOURCES},
    }
)
"""A whole file."""
