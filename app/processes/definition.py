# SPDX-License-Identifier: Apache-2.0
"""The definition of a process: its tasks in their order, what it is told, and what a task may come to."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from app.errors import StartError
from app.processes.form import Form

if TYPE_CHECKING:
    from app.processes.step import Step


@dataclass(frozen=True)
class Complete:
    """The task is done; `results` become characteristics of it."""

    results: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """The task goes on at an instant; until then it is active. It tells the reason, unless it is but for a moment."""

    until: datetime
    reason: str | None = None


@dataclass(frozen=True)
class Ask:
    """Somebody must decide, by the form of the task; until then it is on hold. Past `until`, it goes on without.

    Answers that `lapse` count no more.
    """

    reason: str
    until: datetime | None = None
    lapse: Sequence[str] = ()


@dataclass(frozen=True)
class Refuse:
    """The flow ends here, cancelled; nothing more is done."""

    reason: str


Outcome = Complete | Wait | Ask | Refuse
Perform = Callable[["Step"], Awaitable[Outcome]]
"""Performs a task. It may be called again after a failure: what it writes, it writes through the step."""


@dataclass(frozen=True)
class Task:
    """A task of a process; its `form` says what a person may answer. Within its `allowance` it should be done.

    After so many failed `attempts` it is on hold, and tells why. One that is `for_party` the customer itself may see,
    or ask for where it is optional.
    """

    name: str
    description: str
    perform: Perform
    form: Form | None = None
    allowance: timedelta = timedelta(days=1)
    attempts: int = 6
    for_party: bool = False

    @property
    def method(self) -> str:
        """The `completionMethod`: whether a person may have to decide."""
        return "manual" if self.form else "automatic"


Group = tuple[Task, ...]
"""Tasks that are performed side by side; no two of them write the same document."""


@dataclass(frozen=True)
class Subject:
    """What a process is about: one of `resources`, which a flow names in `relatedEntity` in this `role`."""

    resources: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Process:
    """A process: `tasks`, each after the one before it, or a group at once; and `optional` ones, which clients ask for.

    `inputs` are the characteristics that a flow is told. No two flows of it are live for the same subject, or the same
    `live_key` of their documents. From the task `irrevocable` on, no optional task is begun any more. A customer may be
    told by the inputs `identified_by` instead of its id; a flow keeps none of these. `for_party` says of its inputs
    whether the customer itself may begin such a flow, and ask for its optional tasks. Flows that are begun `by_server`
    alone have no purpose without what they are about: its erasure removes them, also while they run.
    """

    name: str
    description: str
    etom: str
    subject: Subject | None
    inputs: Form
    tasks: Sequence[Task | Group]
    live_key: Callable[[Mapping[str, Any]], str | None] | None = None
    optional: Sequence[Task] = ()
    irrevocable: str = ""
    subject_may_be_archived: bool = False
    identified_by: Sequence[str] = ()
    for_party: Callable[[Mapping[str, Any]], bool] | None = None
    by_server: bool = False

    def live_name(self, id: str, document: Mapping[str, Any]) -> str:
        """The name under which a flow with this id and document is live: that of the process, and what it is about."""
        about = self.live_key(document) if self.live_key else None
        if self.subject is not None:
            role = self.subject.role
            about = next((str(each["id"]) for each in document.get("relatedEntity", ()) if each["role"] == role), None)
        return f"{self.name}/{about or id}"

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The mandatory tasks in their order; those that are performed side by side are together."""
        return tuple(each if isinstance(each, tuple) else (each,) for each in self.tasks)

    @cached_property
    def by_name(self) -> Mapping[str, Task]:
        """All tasks by their names."""
        return {task.name: task for task in self.all_tasks()}

    @cached_property
    def names(self) -> list[str]:
        """The names of the mandatory tasks, in their order."""
        return [task.name for group in self.groups for task in group]

    @cached_property
    def version(self) -> str:
        """A digest of what it consists of."""
        parts = [
            self.name,
            self.inputs.schema,
            *((task.name, task.form and task.form.schema) for task in self.all_tasks()),
        ]
        return sha256(repr(parts).encode()).hexdigest()[:12]

    def all_tasks(self) -> Iterator[Task]:
        """The mandatory tasks in their order, and the optional ones."""
        for group in self.groups:
            yield from group
        yield from self.optional

    def next_names(self, name: str) -> list[str]:
        """The names of the tasks that follow the mandatory task with this name."""
        at = next(index for index, group in enumerate(self.groups) if name in [task.name for task in group])
        return [task.name for task in self.groups[at + 1]] if at + 1 < len(self.groups) else []

    def is_for_party(self, inputs: Mapping[str, Any]) -> bool:
        """Whether the party itself may begin a flow with these inputs, and ask for its optional tasks."""
        return self.for_party is not None and self.for_party(inputs)

    def is_revocable(self, completed: set[str]) -> bool:
        """Whether an optional task may still be begun, when these are completed."""
        if not self.irrevocable:
            return True
        before = self.names[: self.names.index(self.irrevocable)]
        return not completed.issuperset(before)


class Processes:
    """The processes of a server, by name."""

    def __init__(self, processes: Sequence[Process]) -> None:
        """Raises `StartError` for two of one name."""
        self._processes = {each.name: each for each in processes}
        if len(self._processes) < len(processes):
            raise StartError("two processes have the same name")

    def __iter__(self) -> Iterator[Process]:
        return iter(self._processes.values())

    def get(self, name: object) -> Process | None:
        """The process of this name."""
        return self._processes.get(name) if isinstance(name, str) else None

    @property
    def names(self) -> list[str]:
        """The names of all."""
        return list(self._processes)
