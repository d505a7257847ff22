# SPDX-License-Identifier: Apache-2.0
"""Merge Customer: of two records of a customer one survives, with the references to both (eTOM 1.3.4)."""

from app.processes.cancellation import CANCEL
from app.processes.definition import Process, Subject
from app.processes.merging import DUPLICATE
from app.processes.parties import CUSTOMER
from app.processes.uniting import INPUTS, TASKS

MERGE_CUSTOMER = Process(
    name="MergeCustomer",
    description="Makes one of two records of a customer: the survivor has of both, and all references lead to it",
    etom="1.3.4",
    subject=Subject((CUSTOMER,), DUPLICATE),
    inputs=INPUTS,
    tasks=TASKS,
    optional=(CANCEL,),
    irrevocable="unite",
)
