# SPDX-License-Identifier: Apache-2.0
"""`liaison identity scan` beside a server: what it finds becomes flows, and what it prints has no value of a party."""

import dataclasses
import json

import httpx

from app.settings import Settings
from tests.contract.answers import created
from tests.contract.performing import FLOWS, Settle, answer, tasks, values
from tests.contract.suspecting import RESOLVE, flow_about
from tests.contract.test_merge import person
from tests.paths import INDIVIDUAL_V5
from tests.scenarios.command import run


def test_what_a_scan_finds_somebody_decides_once_and_nothing_is_merged(
    client: httpx.Client, settings: Settings, settle: Settle
) -> None:
    born = {"birthDate": "1984-03-17T00:00:00Z"}
    one, other = (created(client, INDIVIDUAL_V5, person(**born, title=title)) for title in ("Dr", "Ms"))
    created(client, INDIVIDUAL_V5, {"@type": "Individual", "givenName": "Bertrand", "familyName": "Russell"})
    code, told, progress = run(settings, "identity", "scan", "--json", "--workers", "1")
    individuals, organizations = json.loads(told)
    assert (code, individuals["resource"], individuals["complete"], individuals["parties"]) == (
        0,
        "Individual",
        True,
        3,
    )
    assert (individuals["suspected"], individuals["recorded"], individuals["leftOut"]) == (1, 1, [])
    assert (organizations["resource"], organizations["parties"]) == ("Organization", 0)
    settle()
    flow = flow_about(client, one, other)
    why = values(flow)
    assert (flow["state"], why["grade"], why["rules"]) == ("hold", "certain", individuals["rules"])
    assert sum(each["weight"] for each in why["levels"]) == why["score"]
    listed = json.loads(run(settings, "process", "list", "--process", RESOLVE, "--json")[1])
    assert [(each["id"], each["task"]) for each in listed] == [(flow["id"], "decide")]
    answer(client, tasks(client, flow)["decide"], decision="notSame")
    settle()
    code, told, more = run(settings, "identity", "scan", "--resource", "Individual", "--workers", "1")
    assert (code, told.splitlines()[1].split()) == (0, ["Individual", "3", "1", "1", "0", "0"])
    settle()
    assert len(client.get(FLOWS, params={"processFlowSpecification": RESOLVE}).json()) == 1
    assert not any(text in told + progress + more + json.dumps(listed) for text in ("Ngozi", "Okafor", "1984", "Dr"))


def test_a_resource_without_matched_parties_and_a_wrong_rule_file_are_refused(settings: Settings) -> None:
    code, _, told = run(settings, "identity", "scan", "--resource", "Customer")
    assert (code, "Customer has no parties that are matched; Individual, Organization have" in told) == (1, True)
    code, _, told = run(dataclasses.replace(settings, identity_rules="/nowhere.yaml"), "identity", "scan")
    assert (code, "LIAISON_IDENTITY_RULES=/nowhere.yaml: cannot be read" in told) == (2, True)
