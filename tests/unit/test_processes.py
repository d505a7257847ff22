# SPDX-License-Identifier: Apache-2.0
"""Definitions of processes: what each of them says of itself, and how long their modules may be."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.processes
from app.composition.processes import processes_of
from app.errors import StartError
from app.processes.definition import Complete, Process, Processes, Subject, Task
from app.processes.form import Form, values_of, with_values
from app.processes.specifications import process_specifications, task_specifications
from app.processes.strong_identifiers import identifiers
from app.processes.turn import Retries
from app.settings import Settings

FOLDER = Path(app.processes.__file__).parent
PROCESSES = list(processes_of(Settings()))
LINES_OF_A_PROCESS, LINES_OF_THE_RUNNER = 80, 500
EACH_PROCESS = pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
CHARACTERISTICS = st.lists(st.tuples(st.text(max_size=3), st.integers() | st.text(max_size=3)), max_size=6)


def lines(module: str) -> int:
    return len((FOLDER / f"{module}.py").read_text(encoding="utf-8").splitlines())


def defining_modules() -> list[str]:
    """The modules that define a process, or make one."""
    names = [each.name for each in iter_modules([str(FOLDER)])]
    members = {name: vars(import_module(f"app.processes.{name}")) for name in names}
    return [
        name
        for name, found in members.items()
        if name == "terminate" or any(isinstance(value, Process) for value in found.values())
    ]


def test_a_process_is_a_module_that_reads_as_its_list_of_tasks() -> None:
    assert len(defining_modules()) == len(PROCESSES)
    assert {name: lines(name) for name in defining_modules() if lines(name) > LINES_OF_A_PROCESS} == {}
    assert lines("runner") + lines("turn") <= LINES_OF_THE_RUNNER


async def nothing(step: Any) -> Complete:
    return Complete()


def process(*names: str, irrevocable: str = "") -> Process:
    tasks = [Task(name, name, nothing) for name in names]
    return Process("P", "P", "", Subject(("Customer",), "customer"), Form(), tasks, irrevocable=irrevocable)


@EACH_PROCESS
def test_what_a_process_is_told_and_asks_has_a_description_and_a_schema(process: Process) -> None:
    forms = [process.inputs, *(task.form for task in process.all_tasks() if task.form)]
    for form in forms:
        assert set(form.required) <= form.properties.keys()
        assert all(schema["description"] for schema in form.properties.values())
    assert process.irrevocable in process.names
    assert process.optional[0].name == "cancel"


@EACH_PROCESS
def test_a_specification_names_all_tasks_of_its_process(process: Process) -> None:
    known = Processes([process])
    (specification,) = process_specifications(known).values()
    named = [each["id"] for each in specification["taskFlowSpecification"]]
    assert named == list(task_specifications(known))
    following = {
        each["name"]
        for task in task_specifications(known).values()
        for each in task.get("taskFlowSpecificationRelationship", ())
    }
    assert following == {task.name for group in process.groups[1:] for task in group}


def test_two_processes_of_one_name_are_refused() -> None:
    with pytest.raises(StartError, match="same name"):
        Processes([process("a"), process("b")])


def test_a_process_can_be_revoked_until_all_before_the_irrevocable_task_is_done() -> None:
    made = process("a", "b", "c", irrevocable="c")
    assert made.is_revocable(set())
    assert made.is_revocable({"a"})
    assert not made.is_revocable({"a", "b"})
    assert process("a").is_revocable({"a"})


def test_a_flow_is_live_for_what_it_is_about_else_for_itself() -> None:
    made, about = process("a"), {"relatedEntity": [{"id": "7", "role": "customer"}, {"id": "8", "role": "x"}]}
    assert (made.live_name("1", about), made.live_name("1", {})) == ("P/7", "P/1")


FORM = Form({"a": {"type": "integer", "description": "a"}, "b": {"type": "string", "description": "b"}}, ("a",))


@pytest.mark.parametrize(
    ("answers", "places"),
    [
        ({"a": 1}, []),
        ({"a": 1, "b": "x"}, []),
        ({}, ["/characteristic"]),
        ({"a": "x", "b": 1}, ["/characteristic/0/value", "/characteristic/1/value"]),
        ({"a": 1, "c": 1}, ["/characteristic/1/name"]),
    ],
)
def test_an_answer_that_does_not_fit_names_its_place(answers: dict[str, Any], places: list[str]) -> None:
    listed = [{"name": name, "value": value} for name, value in answers.items()]
    assert [violation.place for violation in FORM.violations(listed)] == places


def test_an_answer_is_there_once_and_what_the_server_noted_may_stay() -> None:
    twice: list[dict[str, Any]] = [{"name": "a", "value": 1}, {"name": "a", "value": 2}]
    assert [violation.place for violation in FORM.violations(twice)] == ["/characteristic/1/name"]
    noted: list[dict[str, Any]] = [{"name": "a", "value": 1}, {"name": "reason", "value": "x"}]
    assert list(FORM.violations(noted, frozenset({"reason"}))) == []


@given(CHARACTERISTICS, st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.booleans(), max_size=4))
def test_values_take_the_place_of_those_of_their_names(pairs: list[tuple[str, Any]], values: dict[str, Any]) -> None:
    before = [{"name": name, "value": value} for name, value in dict(pairs).items()]
    after = values_of({"characteristic": with_values(before, values)})
    expected = {name: value for name, value in {**dict(pairs), **values}.items() if value is not None}
    assert after == expected


def test_pauses_double_up_to_the_longest() -> None:
    retries = Retries(timedelta(seconds=1), timedelta(seconds=10))
    assert [retries.pause(attempts).seconds for attempts in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_strong_identifiers_compare_without_case_and_blanks() -> None:
    def one(**more: str) -> Any:
        identification = {"identificationType": "passport", "identificationId": "X 1", **more}
        return [each for each, _ in identifiers({"@type": "Individual", "individualIdentification": [identification]})]

    assert one() == one(identificationType=" Passport") == one(identificationId="x 1 ")
    assert one() != one(issuingAuthority="Utopia")
    assert one(identificationId="") == []
    assert list(identifiers({"@type": "Individual"})) == []
    assert one()[0].digest == one(identificationType="PASSPORT")[0].digest
