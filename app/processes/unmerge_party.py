# SPDX-License-Identifier: Apache-2.0
"""Unmerge Party: two that were merged are two again, as they were, but for what was changed since."""

from app.processes.cancellation import CANCEL
from app.processes.definition import Process, Subject
from app.processes.merging import SURVIVOR
from app.processes.parties import PARTIES
from app.processes.separating import INPUTS, TASKS

UNMERGE_PARTY = Process(
    name="UnmergeParty",
    description="Makes two of a party again that were merged: as they were, but for what was changed since",
    etom="1.3.4",
    subject=Subject(PARTIES, SURVIVOR),
    inputs=INPUTS,
    tasks=TASKS,
    optional=(CANCEL,),
    irrevocable="divide",
)
