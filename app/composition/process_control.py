# SPDX-License-Identifier: Apache-2.0
"""Wiring of what an operator does with flows by the command line."""

from app.composition.factory import Liaison
from app.errors import StartError
from app.processes.control import ProcessControl
from app.processes.flow_engine import FlowEngine
from app.processes.task_flow_engine import TaskFlowEngine


def process_control(liaison: Liaison) -> ProcessControl:
    """The flows of a server. Raises `StartError` where it serves none."""
    engines = [engine for api in liaison.apis for engine in api.engines.values()]
    flows = next((each for each in engines if isinstance(each, FlowEngine)), None)
    tasks = next((each for each in engines if isinstance(each, TaskFlowEngine)), None)
    if flows is None or tasks is None:
        raise StartError("This server serves no processes: its APIs have none")
    return ProcessControl(flows, tasks)
