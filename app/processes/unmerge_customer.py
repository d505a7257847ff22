# SPDX-License-Identifier: Apache-2.0
"""Unmerge Customer: two that were merged are two again, as they were, but for what was changed since."""

from app.processes.cancellation import CANCEL
from app.processes.definition import Process, Subject
from app.processes.merging import SURVIVOR
from app.processes.parties import CUSTOMER
from app.processes.separating import INPUTS, TASKS

UNMERGE_CUSTOMER = Process(
    name="UnmergeCustomer",
    description="Makes two of a customer again that were merged: as they were, but for what was changed since",
    etom="1.3.4",
    subject=Subject((CUSTOMER,), SURVIVOR),
    inputs=INPUTS,
    tasks=TASKS,
    optional=(CANCEL,),
    irrevocable="divide",
)
