"""What a version shows its filters find, and what it does not show they do not: for every declared attribute."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain import dates
from app.domain.attributes import Attribute
from app.domain.filtering.matching import matches
from app.domain.filtering.paths import compared
from app.domain.filtering.predicates import Condition, Element, Operator, Path, Predicate
from app.errors import BadRequest, InvalidQuery
from app.lists.filtering import filter_of
from app.parts import parts
from app.resource import Document, Resource
from app.settings import Settings
from tests.contract.documents import VERSIONS

DOCUMENTS = 60
RESOURCES: dict[tuple[str, str], Resource] = {
    (name, part.contract.version): resource
    for part in parts(Settings(mongodb_uri="mongodb://127.0.0.1"))
    for name, resource in part.resources.items()
}
OWN = ("MyOwn", "MyOwnRef", "Individual", "PartyRoleRef", "store", "FloatCharacteristic", "Attachment", "AttachmentRef")
HREFS = ("/x/individual/1", "http://example.com/Organization/2/", "urn:x", "party/3")
TEXTS = ("5", "email", "telephoneNumber", "Ada", "MyOwn", "Individual")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a body."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@st.composite
def bodies(draw: st.DrawFn, body: Document, names: list[str]) -> Document:
    """A body like an example, with members left out, of other classes, and with members of names in either version."""
    body = deepcopy(body)
    every = list(objects(body))
    for _ in range(draw(st.integers(0, 6))):
        each = draw(st.sampled_from(every))
        if draw(st.booleans()) and each:
            each.pop(draw(st.sampled_from(sorted(each))))
        else:
            name = draw(st.sampled_from(["@type", "@referredType", "@baseType", "href", "name", *names]))
            values = OWN if name.startswith("@") else HREFS if name == "href" else TEXTS
            each[name] = draw(st.sampled_from(values))
    return body


def stored(resource: Resource, body: Document) -> Document:
    """The document of a body. Raises `BadRequest` for one that a create refuses."""
    body = resource.view.normalised(body)
    resource.new.check(body)
    return resource.kept(resource.attributes.typed(body))


def gathered(name: str, examples: list[tuple[Resource, Document]]) -> list[Document]:
    """Documents of the resource, as either version made them; always the same."""
    names = sorted({each for resource, _ in examples for each in resource.attributes.members["relatedParty"].members})
    names += ["mediumType", "characteristic", "externalReferenceType", "emailAddress", "description", "tradingName"]
    found = [stored(resource, body) for resource, body in examples]

    @settings(max_examples=DOCUMENTS * 3, derandomize=True, database=None, phases=[Phase.generate], deadline=None)
    @given(st.data())
    def gather(data: st.DataObject) -> None:
        resource, body = data.draw(st.sampled_from(examples))
        drawn = data.draw(bodies(body, names))
        try:
            found.append(stored(resource, drawn))
        except BadRequest:
            return

    gather()
    return found[:DOCUMENTS]


def paths(attribute: Attribute, shown: list[Any], above: Path = (), deep: int = 6) -> Iterator[tuple[Path, Attribute]]:
    """The declared paths whose holder some of the documents show."""
    for name, inner in attribute.members.items() if deep else ():
        path = (*above, name)
        yield path, inner
        if any(True for document in shown for _ in compared(document, path)):
            yield from paths(inner, shown, path, deep - 1)


def conditions(path: Path, attribute: Attribute, shown: list[Any]) -> Iterator[Condition]:
    """What is asked of an attribute: for each of some values that are shown or not, and whether it is there."""
    yield Condition(path, Operator.EXISTS, (True,), typed=True)
    yield Condition(path, Operator.EXISTS, (False,), typed=True)
    if attribute.members or attribute.array or attribute.kind not in ("string", "any"):
        return
    values = {value for document in shown for value in compared(document, path) if isinstance(value, str)}
    for value in sorted(values | {"5", "MyOwn"}):
        yield Condition(path, Operator.EQ, (value,))
        yield Condition(path, Operator.NE, (value,))
    if path[-1] != "href":
        yield Condition(path, Operator.REGEX, ("^[A-M]",))
        yield Condition(path, Operator.GTE, ("Individual",))


def within_brackets(predicate: Condition, resource: Resource) -> Predicate | None:
    """The same asked of one element of the first array on the path."""
    if len(predicate.path) < 2 or not resource.attributes.along(predicate.path[:1])[0].array:
        return None
    inner = Condition(predicate.path[1:], predicate.operator, predicate.values, predicate.typed)
    return Element(predicate.path[:1], inner)


def found_by(predicate: Predicate, resource: Resource, collection: Collection[dict[str, Any]]) -> set[str] | None:
    """The ids that the filter finds; None when it is refused."""
    try:
        criteria = filter_of(resource, predicate)
    except InvalidQuery:
        return None
    return {row["_id"] for row in collection.find(criteria, {"_id": 1})}


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda pair: str(pair[0].resource))
def kept(
    request: pytest.FixtureRequest, mongo: MongoClient[dict[str, Any]], database_name: str
) -> Iterator[tuple[str, Collection[dict[str, Any]], list[Document]]]:
    """Documents of a resource, in a collection of these tests alone."""
    old, new = request.param
    examples = [
        (RESOURCES[old.resource, version], body)
        for version, collection in (("v4", old), ("v5", new))
        for body in collection.creates.values()
    ]
    documents = gathered(old.resource, examples)
    collection = mongo[database_name][f"shown{old.resource}"]
    collection.insert_many([{"_id": str(number), "document": each} for number, each in enumerate(documents)])
    yield old.resource, collection, documents
    collection.drop()


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_filters_find_what_is_shown_and_nothing_else(
    kept: tuple[str, Collection[dict[str, Any]], list[Document]], version: str
) -> None:
    name, collection, documents = kept
    resource = RESOURCES[name, version]
    shown = [dates.written(resource.shown(str(number), each)) for number, each in enumerate(documents)]
    for path, attribute in paths(resource.attributes, shown):
        if path[-1] in ("id", "href") and len(path) == 1:
            continue
        seen = [value for document in shown for value in compared(document, path)]
        for condition in conditions(path, attribute, shown):
            for predicate in (condition, within_brackets(condition, resource)):
                if predicate is not None:
                    expected = {document["id"] for document in shown if matches(predicate, document)}
                    found = found_by(predicate, resource, collection)
                    assert found == expected or (found is None and condition.values[0] not in seen), predicate
