# SPDX-License-Identifier: Apache-2.0
"""The language of templates: variables, conditions and five filters of Jinja2, within its sandbox.

What a template may have is listed; anything else is refused when it is read, before anything of it is compiled or run:
attributes, items, calls, loops, macros, assignments, arithmetic, imports. So no template takes longer or grows larger
than its length and its values say, and one that was accepted renders with any values.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import shorten
from app.interactions.notices.wording import FILTERS, Duration, LocalInstant, Number, isolate

LONGEST_TEMPLATE = 8000
"""Characters of a template at most."""
DEEPEST = 30
"""How deep conditions and expressions may be within each other."""

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
_HINTS = {LocalInstant: "date, time or zone", Duration: "duration", Number: "number"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FORBIDDEN = "it may have variables, `if`, `and`, `or`, `not`, `==`, `!=` and filters"


@dataclass(frozen=True)
class Variable:
    """A variable: the type of its values, which of them there are where they are few, and whether it may be missing."""

    kind: type
    values: tuple[str, ...] = ()
    optional: bool = False


Variables = Mapping[str, Variable]


class TemplateFault(NamedTuple):
    """What is wrong about a template, in a line of it."""

    line: int
    text: str


class RefusedTemplate(Exception):
    """A template that is not accepted, for all these `faults`."""

    def __init__(self, *faults: TemplateFault) -> None:
        super().__init__(*(each.text for each in faults))
        self.faults = faults


@dataclass
class _Check:
    """Collects what is wrong in a template with these variables, which writes one line or several."""

    variables: Variables
    one_line: bool
    faults: list[TemplateFault] = field(default_factory=list)

    def add(self, node: nodes.Node, text: str) -> None:
        self.faults.append(TemplateFault(node.lineno or 1, text))

    def check(self, node: nodes.Node, present: frozenset[str], depth: int = 0) -> None:
        """Check a node, in which the variables that are `present` cannot be missing."""
        if depth > DEEPEST:
            self.add(node, f"it is nested deeper than {DEEPEST}")
        elif type(node) not in _ALLOWED:
            self.add(node, f"{type(node).__name__.lower()} is not allowed; {_FORBIDDEN}")
        else:
            handler = _HANDLERS.get(type(node), _Check._children)
            handler(self, node, present, depth)

    def _children(self, node: nodes.Node, present: frozenset[str], depth: int) -> None:
        for each in node.iter_child_nodes():
            self.check(each, present, depth + 1)

    def _outputs(self, node: nodes.Output, present: frozenset[str], depth: int) -> None:
        for each in node.nodes:
            self._output(each, present, depth)

    def _condition(self, node: nodes.If | nodes.CondExpr, present: frozenset[str], depth: int) -> None:
        self.check(node.test, present, depth + 1)
        within = present | set(_true_names(node.test))
        if isinstance(node, nodes.CondExpr):
            if node.expr2 is None:
                self.add(node, "an `if` within an expression needs an `else`")
            for choice, there in ((node.expr1, within), (node.expr2, present)):
                if choice is not None:
                    self._output(choice, there, depth + 1)
            return
        for body, there in ((node.body, within), ([*node.elif_, *node.else_], present)):
            for each in body:
                self.check(each, there, depth + 1)

    def _output(self, node: nodes.Expr, present: frozenset[str], depth: int) -> None:
        """What is written: no logical value, nothing that may be missing, and instants and numbers by a filter."""
        if isinstance(node, nodes.Compare | nodes.And | nodes.Or | nodes.Not):
            self.add(node, "a condition is nothing to write; use `if`")
            return
        if isinstance(node, nodes.Const) and not isinstance(node.value, str):
            self.add(node, f"{str(node.value)[:20]} is no text")
            return
        if isinstance(node, nodes.Const | nodes.TemplateData) and not self._fits(_literal(node)):
            self.add(node, "a subject is one line" if self.one_line else "control characters are not allowed")
            return
        self.check(node, present, depth + 1)
        if isinstance(node, nodes.Name) and (variable := self.variables.get(node.name)):
            self._presence(node, variable, present)
            if hint := _HINTS.get(variable.kind):
                self.add(node, f"{node.name} needs a filter: {hint}, as in {{{{ {node.name}|{hint.split(',')[0]} }}}}")

    def _fits(self, text: str) -> bool:
        return not _CONTROLS.search(text) and not (self.one_line and "\n" in text)

    def _presence(self, node: nodes.Name, variable: Variable, present: frozenset[str]) -> None:
        if variable.optional and node.name not in present:
            self.add(node, f"{node.name} may be missing: write it within {{% if {node.name} %}}")

    def _name(self, node: nodes.Name, present: frozenset[str] = frozenset(), depth: int = 0) -> None:
        if node.name not in self.variables:
            known = ", ".join(sorted(self.variables))
            self.add(node, f"'{node.name[:60]}' is no variable here; there are {known}")

    def _comparison(self, node: nodes.Compare, present: frozenset[str], depth: int) -> None:
        """A text variable with a text that it may have: nothing that fails for some values."""
        name, operands = node.expr, node.ops
        operand = operands[0]
        if not (isinstance(name, nodes.Name) and len(operands) == 1 and isinstance(operand.expr, nodes.Const)):
            self.add(node, 'a comparison is one of a variable with a text, as in promise == "resolution"')
            return
        self._name(name)
        variable, text = self.variables.get(name.name), operand.expr.value
        if operand.op not in ("eq", "ne"):
            self.add(node, "comparisons are == and !=")
        elif variable and (variable.kind is not str or not isinstance(text, str)):
            self.add(node, f"{name.name} cannot be compared with {str(text)[:40]!r}; texts can, with texts")
        elif variable and variable.values and text not in variable.values:
            self.add(node, f"{name.name} is never '{str(text)[:40]}'; it is one of {', '.join(variable.values)}")

    def _filter(self, node: nodes.Filter, present: frozenset[str], depth: int) -> None:
        declared = FILTERS.get(node.name)
        if declared is None:
            self.add(node, f"'{node.name[:60]}' is no filter; there are {', '.join(FILTERS)}")
            return
        kind, styles, _ = declared
        if not isinstance(node.node, nodes.Name):
            self.add(node, f"{node.name} takes a variable, as in {{{{ due|{node.name} }}}}")
            return
        self._name(node.node)
        variable = self.variables.get(node.node.name)
        if variable and variable.kind is not kind:
            allowed = ", ".join(name for name, each in self.variables.items() if each.kind is kind)
            self.add(node, f"{node.name} takes {allowed or 'what is not here'}, not {node.node.name}")
        elif variable:
            self._presence(node.node, variable, present)
        self._arguments(node, styles)

    def _arguments(self, node: nodes.Filter, styles: tuple[str, ...]) -> None:
        if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > (1 if styles else 0):
            self.add(node, f"{node.name} takes {'one of ' + ', '.join(styles) if styles else 'no argument'}")
            return
        for each in node.args:
            if not (isinstance(each, nodes.Const) and each.value in styles):
                self.add(node, f"{node.name} takes one of {', '.join(styles)}")


_HANDLERS: Mapping[type[nodes.Node], Callable[[_Check, Any, frozenset[str], int], None]] = {
    nodes.If: _Check._condition,
    nodes.CondExpr: _Check._condition,
    nodes.Output: _Check._outputs,
    nodes.Compare: _Check._comparison,
    nodes.Name: _Check._name,
    nodes.Filter: _Check._filter,
}


def _true_names(test: nodes.Node) -> Iterator[str]:
    """The variables that are there where a test is true."""
    if isinstance(test, nodes.Name):
        yield test.name
    elif isinstance(test, nodes.And):
        yield from _true_names(test.left)
        yield from _true_names(test.right)


def environment(*, right_to_left: bool) -> ImmutableSandboxedEnvironment:
    """The environment of the templates of a direction of writing: Jinja2's sandbox, with our filters alone."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        # Messages are plain text.
        autoescape=False,
        optimized=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=partial(isolate, right_to_left=right_to_left),
    )
    for names in (made.globals, made.filters, made.tests):
        names.clear()
    made.filters.update({name: call for name, (_, _, call) in FILTERS.items()})
    return made


def compile_template(
    source: str, variables: Variables, within: ImmutableSandboxedEnvironment, *, one_line: bool = False
) -> Template:
    """A template that can be rendered with any values of the variables. Raises `RefusedTemplate`."""
    if len(source) > LONGEST_TEMPLATE:
        raise RefusedTemplate(TemplateFault(1, f"it is longer than {LONGEST_TEMPLATE} characters"))
    try:
        parsed = within.parse(source)
        check = _Check(variables, one_line)
        check.check(parsed, frozenset())
    except TemplateError as wrong:
        line = getattr(wrong, "lineno", None) or 1
        raise RefusedTemplate(TemplateFault(line, shorten(" ".join((wrong.message or "").split())))) from None
    except RecursionError:
        raise RefusedTemplate(TemplateFault(1, f"it is nested deeper than {DEEPEST}")) from None
    except (ValueError, OverflowError) as wrong:
        raise RefusedTemplate(TemplateFault(1, shorten(" ".join(str(wrong).split())))) from None
    if check.faults:
        raise RefusedTemplate(*check.faults)
    return within.from_string(parsed)


def _literal(node: nodes.Const | nodes.TemplateData) -> str:
    return node.data if isinstance(node, nodes.TemplateData) else str(node.value)
