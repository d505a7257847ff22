# SPDX-License-Identifier: Apache-2.0
"""What a report on stored documents tells: how many do not conform, and of the first few of them why."""

from app.domain.violations import Violation
from app.resources.conformance_check import EXAMPLES, REASONS, Findings, finding_lines


def violations(count: int) -> list[Violation]:
    return [Violation(f"/a{number}", "is mandatory", "required") for number in range(count)]


def test_only_the_first_documents_and_reasons_are_told() -> None:
    findings = Findings("usage", "v4", "Usage")
    for number in range(EXAMPLES + 2):
        findings.add(f"id-{number}", violations(REASONS + 3), is_refused=True)
    head, *examples = finding_lines(findings, 40)
    assert head == f"Usage v4 (usage): {EXAMPLES + 2} of 40 documents do not conform"
    assert [line.split(":")[0] for line in examples] == [f"  id-{number}" for number in range(EXAMPLES)]
    assert all(line.count("is mandatory") == REASONS and line.endswith("; and 3 more") for line in examples)


def test_what_is_only_left_out_is_told_apart() -> None:
    findings = Findings("usage", "v4", "Usage")
    findings.add("id", violations(1), is_refused=False)
    head, left_out = finding_lines(findings, 2)
    assert (findings.refused, findings.examples) == (0, [])
    assert "0 of 2" in head
    assert "1 lack only" in left_out
    assert left_out.endswith("no fault")
