# SPDX-License-Identifier: Apache-2.0
"""Wiring of what an operator does with flows by the command line."""

from app.composition.factory import Liaison
from app.processes.control import ProcessControl
from app.processes.flow_engine import FlowEngine
from app.processes.task_flow_engine import TaskFlowEngine


def process_control(liaison: Liaison) -> ProcessControl:
    """The flows of a server."""
    engines = [engine for api in liaison.apis for engine in api.engines.values()]
    flows = next(each for each in engines if isinstance(each, FlowEngine))
    tasks = next(each for each in engines if isinstance(each, TaskFlowEngine))
    return ProcessControl(flows, tasks)
