# SPDX-License-Identifier: Apache-2.0
"""TMF701 Process Flow Management: flows of the processes that this server performs, and their tasks."""

from datetime import datetime
from typing import Any

from app.apis.api import Api, Version
from app.domain.mapping.native import NativeMapping
from app.domain.rules import IDENTITY, Rules


def complete_date(flow: dict[str, Any], at: datetime) -> None:
    """Set the `processFlowDate` of a new flow."""
    flow["processFlowDate"] = at


_OF_TASKS = ("state", "taskFlowSpecification", "taskFlowSpecificationRef", "isMandatory", "completionMethod")

PROCESS_FLOW = Api(
    name="process-flow",
    number="TMF701",
    versions={
        "v4": Version(
            "process-flow-v4",
            {
                "ProcessFlow": NativeMapping(),
                "TaskFlow": NativeMapping(),
                "ProcessFlowSpecification": NativeMapping(),
                "TaskFlowSpecification": NativeMapping(),
            },
        )
    },
    rules={
        "ProcessFlow": Rules(complete=complete_date),
        "TaskFlow": Rules(fixed=(*IDENTITY, *_OF_TASKS, "startDate", "completionDate")),
        "ProcessFlowSpecification": Rules(),
        "TaskFlowSpecification": Rules(),
    },
)
