# SPDX-License-Identifier: Apache-2.0
"""Merge Party: of two records of a party one survives, with the references to both (eTOM 1.3.4)."""

from app.processes.cancellation import CANCEL
from app.processes.definition import Process, Subject
from app.processes.merging import DUPLICATE
from app.processes.parties import PARTIES
from app.processes.uniting import INPUTS, TASKS

MERGE_PARTY = Process(
    name="MergeParty",
    description="Makes one of two records of a party: the survivor has of both, and all references lead to it",
    etom="1.3.4",
    subject=Subject(PARTIES, DUPLICATE),
    inputs=INPUTS,
    tasks=TASKS,
    optional=(CANCEL,),
    irrevocable="unite",
)
