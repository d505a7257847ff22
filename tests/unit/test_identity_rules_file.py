# SPDX-License-Identifier: Apache-2.0
"""Rule files of identities: the digest names the content, and each fault is a line that names its place."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from app.cli import main
from app.errors import DocumentsError
from app.identity.matching import load_rules
from app.identity.matching.rules_file import DEFAULT
from app.spec.yaml_loader import Loader

PAGE = Path(__file__).parents[2] / "docs" / "identity.md"
DEFAULTS: dict[str, Any] = yaml.load(DEFAULT.read_text(encoding="utf-8"), Loader)


def content() -> dict[str, Any]:
    """The default rules, to be changed."""
    fresh: dict[str, Any] = yaml.load(DEFAULT.read_text(encoding="utf-8"), Loader)
    return fresh


def written(rules: Any, directory: Path) -> str:
    file = directory / "rules.yaml"
    file.write_text(rules if isinstance(rules, str) else yaml.safe_dump(rules), encoding="utf-8")
    return str(file)


def test_the_digest_names_the_content_however_it_is_written(tmp_path: Path) -> None:
    default = load_rules(None)
    assert load_rules(written(DEFAULTS, tmp_path)).digest == default.digest == load_rules("").digest
    assert load_rules(written(dict(reversed(DEFAULTS.items())), tmp_path)).digest == default.digest
    changed = content()
    changed["Individual"]["thresholds"]["certain"] += 0.25
    assert load_rules(written(changed, tmp_path)).digest != default.digest
    assert (default.version, len(default.digest)) == (DEFAULTS["version"], 64)


def test_a_class_that_a_file_leaves_out_is_as_in_the_default_one(tmp_path: Path) -> None:
    without = {name: value for name, value in content().items() if name != "Organization"}
    assert load_rules(written(without, tmp_path)).digest == load_rules(None).digest


Change = Callable[[dict[str, Any]], Any]

FAULTS: list[tuple[str, Change]] = [
    ("version: ", lambda rules: rules.pop("version")),
    ("Robot: ", lambda rules: rules.update(Robot={})),
    ("Individual: ", lambda rules: rules.update(Individual=5)),
    ("Individual.thresholds.certain: ", lambda rules: rules["Individual"]["thresholds"].update(certain=20.1)),
    ("Individual.thresholds: possible", lambda rules: rules["Individual"]["thresholds"].update(possible=21)),
    ("Individual.attributes.email.kind: ", lambda rules: attribute(rules).update(kind="mail")),
    ("Individual.attributes.email.from: ", lambda rules: attribute(rules).update({"from": []})),
    ("Individual.attributes.email.from.0: ", lambda rules: attribute(rules).update({"from": ["a..b"]})),
    ("Individual.attributes.email.from.0.path: ", lambda rules: attribute(rules).update({"from": [{"join": ["a"]}]})),
    ("Individual.attributes.email.from.0: ", lambda rules: attribute(rules).update({"from": [7]})),
    ("Individual.attributes.email.whenMissing: ", lambda rules: attribute(rules).update(whenMissing=1)),
    ("Individual.attributes.email.region: ", lambda rules: attribute(rules).update(region="Germany")),
    ("Individual.attributes.email.colour: ", lambda rules: attribute(rules).update(colour="red")),
    ("Individual.attributes.email.levels: ", lambda rules: attribute(rules).update(levels=[])),
    ("Individual.attributes.email.levels.0.weight: ", lambda rules: level(rules).update(weight=0.3)),
    ("Individual.attributes.email.levels.0.weight: ", lambda rules: level(rules).update(weight=1000)),
    ("Individual.attributes.email.levels.0.weight: ", lambda rules: level(rules).update(weight="heavy")),
    ("Individual.attributes.email.levels.0.compare: ", lambda rules: level(rules).update(compare="guess")),
    ("Individual.attributes.email.levels.0.compare: ", lambda rules: level(rules).pop("compare")),
    ("Individual.attributes.email.levels.0.compare: ", lambda rules: level(rules).update(compare="sameYear")),
    ("Individual.attributes.email.levels.0: 'exact'", lambda rules: level(rules).update(atLeast=0.5)),
    ("Individual.attributes.email.levels.0: 'tokens'", lambda rules: level(rules).update(compare="tokens")),
    ("Individual.attributes.email.levels.1.atMost: ", lambda rules: level(rules, 1).update(atMost=0)),
    ("Individual.attributes.email.levels.1.level: ", lambda rules: level(rules, 1).update(level="exact")),
    ("Individual.attributes.email.levels.0.level: ", lambda rules: level(rules).update(level="missing")),
    (
        "Individual.attributes.familyName.levels.4.with: ",
        lambda rules: level(rules, 4, "familyName").update({"with": "surname"}),
    ),
    (
        "Individual.attributes.familyName.levels.4.with: ",
        lambda rules: level(rules, 4, "familyName").update({"with": "email"}),
    ),
    ("Individual.vetoes.twins.cap: ", lambda rules: veto(rules).update(cap="certain")),
    ("Individual.vetoes.twins: should", lambda rules: (veto(rules).pop("when"), veto(rules).pop("unless"))),
    ("Individual.vetoes.twins.when: 'names'", lambda rules: veto(rules)["when"].update(names=["exact"])),
    ("Individual.vetoes.twins.when.birthDate: 'early'", lambda rules: veto(rules)["when"].update(birthDate=["early"])),
    (
        "Individual.vetoes.twins.unless.0.identifier: 'alike'",
        lambda rules: veto(rules)["unless"][0].update(identifier=["alike"]),
    ),
    (
        "Individual.vetoes.twins.unless.0.identifier: ",
        lambda rules: veto(rules)["unless"][0].update(identifier="exact"),
    ),
    ("Individual.blocks: ", lambda rules: rules["Individual"].update(blocks=[])),
    ("Individual.blocks.0.0: ", lambda rules: rules["Individual"]["blocks"].insert(0, ["a|b+c"])),
    ("Individual.blocks.0.0: 'third'", lambda rules: rules["Individual"]["blocks"].insert(0, ["email:third"])),
    ("Individual.blocks.0: 'mail'", lambda rules: rules["Individual"]["blocks"].insert(0, ["mail"])),
    ("Individual.blocks.0: 'year'", lambda rules: rules["Individual"]["blocks"].insert(0, ["email:year"])),
    ("Individual.placeholders.0.email: ", lambda rules: rules["Individual"]["placeholders"].insert(0, {"email": "*"})),
    ("Individual.placeholders.0: 'mail'", lambda rules: rules["Individual"]["placeholders"].insert(0, {"mail": "x"})),
]


def attribute(rules: dict[str, Any], name: str = "email") -> dict[str, Any]:
    found: dict[str, Any] = rules["Individual"]["attributes"][name]
    return found


def level(rules: dict[str, Any], index: int = 0, name: str = "email") -> dict[str, Any]:
    found: dict[str, Any] = attribute(rules, name)["levels"][index]
    return found


def veto(rules: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rules["Individual"]["vetoes"]["twins"]
    return found


def refusal(file: str) -> list[str]:
    with pytest.raises(DocumentsError) as refused:
        load_rules(file)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(("place", "change"), FAULTS)
def test_a_fault_is_one_line_that_names_its_place(place: str, change: Change, tmp_path: Path) -> None:
    rules = content()
    change(rules)
    file = written(rules, tmp_path)
    lines = refusal(file)
    assert [line for line in lines if line.startswith(f"LIAISON_IDENTITY_RULES={file}: {place}")], lines
    assert len(lines) == 1


def test_all_faults_are_found_at_once(tmp_path: Path) -> None:
    rules = content()
    for change in (FAULTS[3][1], FAULTS[5][1], FAULTS[27][1]):
        change(rules)
    assert len(refusal(written(rules, tmp_path))) == 3


@pytest.mark.parametrize("text", ["version: [", "version: '1'\nversion: '2'", "- version", ""])
def test_a_file_that_is_no_mapping_cannot_be_read(text: str, tmp_path: Path) -> None:
    assert len(refusal(written(text, tmp_path))) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(str(tmp_path / "none.yaml"))[0]


def test_the_rule_file_of_the_page_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    rules = load_rules(written(example, tmp_path))
    one = {"formattedName": "Ngozi Okafor", "contactMedium": [{"emailAddress": "n.okafor+shop@example.com"}]}
    other = {"formattedName": "Ngozi Okafro", "contactMedium": [{"emailAddress": "N.Okafor@example.com"}]}
    first, second = (rules.record({"@type": "Individual", **each}) for each in (one, other))
    assert first is not None
    assert second is not None
    compared = rules.compare(first, second)
    assert (rules.version, compared.grade, compared.score) == ("2027-01", "certain", 15)


def test_a_server_does_not_start_with_a_wrong_file(tmp_path: Path) -> None:
    environment = {"LIAISON_IDENTITY_RULES": written({"version": 1}, tmp_path), "LIAISON_DATA": str(tmp_path / "data")}
    ended = CliRunner().invoke(main, ["serve"], env=environment)
    assert ended.exit_code == 2
    assert "LIAISON_IDENTITY_RULES" in ended.output
    assert "version" in ended.output


def test_what_compares_is_loaded_when_something_is_compared() -> None:
    script = "import sys; from app.identity.matching import load_rules; load_rules(None); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"rapidfuzz", "phonenumbers"}.isdisjoint(loaded.stdout.split())
