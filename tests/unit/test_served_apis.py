# SPDX-License-Identifier: Apache-2.0
"""Documents of a deployment (`LIAISON_APIS`) are read and checked, or refused with a line for each reason."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.apis import APIS, Api, Version
from app.composition.api_resources import api_versions
from app.composition.served_apis import served_apis
from app.domain.events import lower_camel
from app.errors import DocumentsError, StartError
from app.settings import Settings
from tests.supplier_api import FOLDER, SUPPLIER, TEXT

RULES = "from app.domain.rules import Rules\n\nRULES = {'Supplier': Rules(fixed=('name',))}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [*{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}, *{before}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def refusals(*places: Path) -> list[str]:
    with pytest.raises(DocumentsError) as refused:
        served_apis(Settings(apis=",".join(map(str, places))))
    return str(refused.value).splitlines()


def test_without_such_documents_only_ours_are_served() -> None:
    assert [api.name for api in served_apis(Settings())] == [api.name for api in APIS]


def test_a_single_document_may_be_named(tmp_path: Path) -> None:
    assert served_apis(Settings(apis=str(FOLDER / "supplier-v4.yaml")))[-1].rules.keys() == {"Supplier"}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("Supplier.yaml", "", "", "its name should be that of an API and a version, such as usage-v4.yaml"),
        ("customer-v4.yaml", "", "", "the name customer is that of an API of this server; choose another"),
        (
            "usage-v4.yaml",
            "/tmf-api/supplierManagement/v4",
            "/tmf-api/party/v4",
            "/servers/0/url: /tmf-api/party/v4 is the base path of an API of this server; each needs its own",
        ),
        (
            "usage-v4.yaml",
            "Supplier",
            "Customer",
            "/x-tmf-resources/Customer: the API customer has a resource or collection of this name",
        ),
        (
            "usage-v4.yaml",
            "Supplier",
            "Lease",
            "/x-tmf-resources/Lease: the server itself has a resource or collection of this name",
        ),
        (
            "usage-v4.yaml",
            "Supplier",
            "Hub",
            "x-tmf-resources.Hub: /hub is where listeners register; it needs another",
        ),
        ("usage-v4.yaml", "[engagedParty.id]", "[size]", "x-tmf-resources/Supplier/x-indexes: 'size' is no attribute"),
        (
            "usage-v4.yaml",
            "version: 4.0.0",
            "version: 3.0.0",
            "/info/version should begin with one of 4, 5, not '3.0.0'",
        ),
        (
            "usage-v4.yaml",
            "initial: initialized",
            "initial: lost",
            "initial lost is not one of its states (initialized, active, ended)",
        ),
        ("usage-v4.yaml", "schemas/RelatedParty'", "schemas/Nobody'", "has no components/schemas/Nobody"),
        (
            "usage-v4.yaml",
            "'#/components/schemas/RelatedParty'",
            "'https://example.com/x.yaml#/components/schemas/X'",
            "should lead to a file beside it, or below; nothing is fetched",
        ),
        (
            "usage-v4.yaml",
            "'#/components/schemas/RelatedParty'",
            "'../../etc/x.yaml#/components/schemas/X'",
            "should lead to a file beside it, or below; nothing is fetched",
        ),
    ],
)
def test_what_cannot_be_served_is_told_with_the_file_and_what_would_be_right(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    assert old in TEXT
    file = tmp_path / name
    text = TEXT.replace(old, new).replace(f"/{lower_camel(old)}:", f"/{lower_camel(new)}:") if old else TEXT
    file.write_text(text, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert line.startswith(f"{file}: ")
    assert told in line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "holds more than 2000000 values"),
        ("a: &a [*a]\n", "has more than 100 levels, or leads back into itself"),
        ("[" * 200 + "]" * 200, "has more than 100 levels, or leads back into itself"),
        ("a: [", "is not YAML as it should be"),
        ("- a list\n", "should hold a mapping, not list"),
    ],
)
def test_a_hostile_file_is_refused_in_little_time_and_room(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "usage-v4.yaml").write_text(text, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert told in line


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "usage-v4.yaml").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in refusals(tmp_path)[0]


def test_all_reasons_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "Nameless.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "usage-v4.yaml").write_text("a: [", encoding="utf-8")
    assert len(refusals(tmp_path, tmp_path / "nowhere")) == 3


def test_two_documents_need_names_of_their_own(tmp_path: Path) -> None:
    for name in ("one-v4", "other-v4"):
        (tmp_path / f"{name}.yaml").write_text(TEXT, encoding="utf-8")
    assert [line.partition(": ")[2] for line in refusals(tmp_path)] == [
        "/servers/0/url: /tmf-api/supplierManagement/v4 is the base path of one-v4; each needs its own",
        "/x-tmf-resources/Supplier: the API one has a resource or collection of this name",
    ]


def test_versions_of_one_api_need_a_module_that_maps_them(tmp_path: Path) -> None:
    for version in ("4", "6"):
        text = TEXT.replace("Management/v4", f"Management/v{version}")
        (tmp_path / f"supply-v{version}.yaml").write_text(text, encoding="utf-8")
    assert "supply-v4, supply-v6 are versions of one API; supply.py must say how each sees" in refusals(tmp_path)[0]


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("RULES = 5", "RULES should be a mapping, not int"),
        ("RULES = {'Part': None}", "RULES names 'Part', which is no resource of the API; there are Supplier"),
        ("VIEWS = {'v4': {'Part': None}}", "VIEWS['v4'] names 'Part', which is no resource of the API"),
        ("1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_is_wrong_is_told_of(tmp_path: Path, module: str, told: str) -> None:
    (tmp_path / "supplier-v4.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "supplier.py").write_text(module, encoding="utf-8")
    (line,) = refusals(tmp_path)
    assert line.startswith(str(tmp_path / "supplier.py"))
    assert told in line


def test_a_module_beside_a_document_gives_its_rules(tmp_path: Path) -> None:
    (tmp_path / "supplier-v4.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "supplier.py").write_text(RULES, encoding="utf-8")
    assert served_apis(Settings(apis=str(tmp_path)))[-1].rules["Supplier"].fixed == ("name",)


def changed_document(tmp_path: Path, old: str, new: str) -> Api:
    """The API with a document in which `new` stands in the place of `old`."""
    assert old in TEXT
    (tmp_path / "supplier-v4.yaml").write_text(TEXT.replace(old, new))
    view = SUPPLIER.versions["v4"].views
    return replace(SUPPLIER, versions={"v4": Version("supplier-v4", view, tmp_path)})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("engagedParty.id]", "engagedParty.nick]", "x-indexes: 'engagedParty.nick' is no attribute of Supplier"),
        (
            "      initial:",
            "      field: state\n      initial:",
            "x-lifecycle/field: 'state' is no attribute of Supplier that",
        ),
        (
            "      initial:",
            "      changed: name\n      initial:",
            "x-lifecycle/changed: 'name' is no attribute of Supplier that",
        ),
    ],
)
def test_a_declaration_that_its_own_schemas_do_not_bear_out_is_refused_at_start(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(StartError) as refused:
        api_versions(Settings(), (*APIS, changed_document(tmp_path, old, new)))
    assert f"supplier-v4: x-tmf-resources/Supplier/{told}" in str(refused.value)
