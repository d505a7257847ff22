# SPDX-License-Identifier: Apache-2.0
"""What a version shows its filters find, and what it does not show they do not: for every declared attribute."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain import dates
from app.domain.events import CREATE, event_type, lower_camel
from app.domain.query.attributes import ANYTHING, Attribute
from app.domain.query.matching import matches
from app.domain.query.paths import compared_values
from app.domain.query.predicates import Condition, Element, Operator, Path, Predicate
from app.domain.query.sorting import SortKey
from app.errors import BadRequest, InvalidQuery
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification import Notification
from app.events.notification_content import Notices
from app.events.relay.reader import NOTIFICATIONS
from app.events.topics.entries import Entries
from app.resources.lists.filtering import filter_of
from app.resources.lists.ordering import order_of
from app.resources.resource import Document, Resource
from app.storage.documents.filters import DOCUMENT
from app.storage.documents.order import COMPUTED, Order
from app.storage.documents.page_query import PageQuery
from tests.contract.documents import VERSIONS as PAIRS
from tests.served import EACH_VERSION, NEWEST, RESOURCES, VERSIONS, share
from tests.storage.entries import entry

DOCUMENTS = share(240, PAIRS)
SHARE = max(1, len(PAIRS) // 4)
"""Of what is shown as it is stored, one attribute in so many is looked at: a resource more takes no more time."""
FEW = 4
OWN = ("MyOwn", "MyOwnRef", "Individual", "PartyRoleRef", "store", "FloatCharacteristic", "Attachment", "AttachmentRef")
OURS = RESOURCES["Organization", "v5"].href("5")
LONG = f"https://{'x' * 30_000}/individual/4"
HREFS = ("/x/individual/1", "http://example.com/Organization/2/", "urn:x", "party/3", LONG, OURS)
PARTIES = ("relatedParty", "engagedParty", "agreedByParty")
"""Attributes that hold parties."""
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


def referring(body: Document, href: str) -> Document:
    """The same body, whose references have that address and do not say what they refer to."""
    body = deepcopy(body)
    for each in objects(body):
        if each.pop("@referredType", None) is not None:
            each["href"] = href
    return body


def stored(resource: Resource, body: Document) -> Document:
    """The document of a body. Raises `BadRequest` for one that a create refuses."""
    body = resource.view.normalise(body)
    resource.new.check(body)
    return resource.to_stored(resource.attributes.with_instants(body))


def within(resource: Resource, name: str) -> Iterable[str]:
    """The names of the members of an attribute; none where there is no such attribute."""
    return resource.attributes.members[name].members.keys() if name in resource.attributes.members else ()


def gathered(name: str, examples: list[tuple[Resource, Document]]) -> list[Document]:
    """Documents of the resource, as either version made them; always the same."""
    names = sorted({each for resource, _ in examples for name in PARTIES for each in within(resource, name)})
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
    found = found[:DOCUMENTS]
    for resource, body in examples:
        for href in HREFS:
            with suppress(BadRequest):
                found.append(stored(resource, referring(body, href)))
    return found


def paths(attribute: Attribute, shown: list[Any], above: Path = (), deep: int = 6) -> Iterator[tuple[Path, Attribute]]:
    """The declared paths whose holder some of the documents show."""
    for name, inner in attribute.members.items() if deep else ():
        path = (*above, name)
        yield path, inner
        if any(True for document in shown for _ in compared_values(document, path)):
            yield from paths(inner, shown, path, deep - 1)


def some_paths(resource: Resource, shown: list[Any]) -> Iterator[tuple[Path, Attribute]]:
    """Those of `paths` that are not stored as they are shown, and of the others a share; others for each resource."""
    plain = list(NEWEST).index(resource.name)
    for path, attribute in paths(resource.attributes, shown):
        is_plain = resource.place(path) == (*DOCUMENT, *path) and not resource.readings(path)
        plain += is_plain
        if not is_plain or plain % SHARE == 0:
            yield path, attribute


def conditions(path: Path, attribute: Attribute, shown: list[Any]) -> Iterator[Condition]:
    """What is asked of an attribute: for each of some values that are shown or not, and whether it is there."""
    yield Condition(path, Operator.EXISTS, (True,), typed=True)
    yield Condition(path, Operator.EXISTS, (False,), typed=True)
    if attribute.members or attribute.array or attribute.kind not in ("string", "any"):
        return
    values = {value for document in shown for value in compared_values(document, path) if isinstance(value, str)}
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


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: str(pair[0].resource))
def kept(
    request: pytest.FixtureRequest, mongo: MongoClient[dict[str, Any]], database_name: str
) -> Iterator[tuple[str, Collection[dict[str, Any]], list[Document]]]:
    """Documents of a resource, in a collection of these tests alone."""
    name = request.param[0].resource
    examples = [
        (RESOURCES[collection.resource, collection.version], body)
        for collection in request.param
        for body in collection.creates.values()
    ]
    documents = gathered(name, examples)
    collection = mongo[database_name][f"shown{name}"]
    collection.insert_many([{"_id": str(number), "document": each} for number, each in enumerate(documents)])
    yield name, collection, documents
    collection.drop()


@EACH_VERSION
def test_filters_find_what_is_shown_and_nothing_else(
    kept: tuple[str, Collection[dict[str, Any]], list[Document]], version: str
) -> None:
    name, collection, documents = kept
    resource = RESOURCES[name, version]
    shown = [dates.with_text_dates(resource.to_view(str(number), each)) for number, each in enumerate(documents)]
    for path, attribute in some_paths(resource, shown):
        if path[-1] in ("id", "href") and len(path) == 1:
            continue
        seen = [value for document in shown for value in compared_values(document, path)]
        for condition in conditions(path, attribute, shown):
            for predicate in (condition, within_brackets(condition, resource)):
                if predicate is not None:
                    expected = {document["id"] for document in shown if matches(predicate, document)}
                    found = found_by(predicate, resource, collection)
                    assert found == expected or (found is None and condition.values[0] not in seen), predicate


def in_payload(predicate: Predicate, member: str) -> Predicate:
    """The same about the resource that a notification tells of."""
    assert isinstance(predicate, Condition | Element)
    return replace(predicate, path=("event", member, *predicate.path))


def notified(resource: Resource, shown: Document) -> Notification:
    """What the relay tells of the creation of a resource, which a version shows so."""
    kind = event_type(resource.name, CREATE)
    told = entry(kind=CREATE, eventType=kind, resource=resource.name, resourceId=shown["id"], loggedAt=dates.now())
    members = NOTIFICATIONS[resource.version].tell(told, shown)
    assert members is not None
    return Notification(members, shown)


@EACH_VERSION
def test_hubs_tell_of_what_lists_find_and_nothing_else(
    kept: tuple[str, Collection[dict[str, Any]], list[Document]], version: str
) -> None:
    """Of each attribute that a version renames, derives, completes or hides."""
    name, collection, documents = kept
    resource, member = RESOURCES[name, version], lower_camel(name)
    envelope = NOTIFICATIONS[version].envelope
    notices = Notices(envelope, {name: resource})
    shown = [resource.to_view(str(number), each) for number, each in enumerate(documents)]
    notifications = {each["id"]: notified(resource, each) for each in shown}
    for path, attribute in paths(resource.attributes, dates.with_text_dates(shown)):
        if resource.place(path) == (*DOCUMENT, *path) and not resource.readings(path):
            continue
        for condition in conditions(path, attribute, dates.with_text_dates(shown)):
            for predicate in (condition, within_brackets(condition, resource)):
                if predicate is None:
                    continue
                wanted, found = (
                    SubscriptionFilter(envelope, in_payload(predicate, member)),
                    found_by(predicate, resource, collection),
                )
                if found is None:
                    with pytest.raises(InvalidQuery):
                        wanted.check(notices)
                    continue
                wanted.check(notices)
                asked = wanted.of(notices)
                assert {id for id, each in notifications.items() if each.meets(asked)} == found, predicate


def sortable(resource: Resource, shown: list[Any]) -> Iterator[SortKey]:
    """The declared attributes that a list can be sorted by, both ways; of one element, too, if derived."""
    for path, attribute in some_paths(resource, shown):
        if attribute.kind != "object":
            numbered = len(path) > 1 and resource.attributes.along(path[:1])[0].array and resource.readings(path)
            for each in [path, *([(path[0], "0", *path[1:])] if numbered else [])]:
                yield SortKey(each)
                yield SortKey(each, descending=True)


def listed(collection: Collection[dict[str, Any]], order: Order) -> list[str]:
    """The ids in the order of the list, as the driver is asked for them; the rows have nothing that is private."""
    rows = list(collection.aggregate(PageQuery(0, 1000, order).stages({})))
    assert all(row.keys() <= {"_id", "revision", "changed", "document"} for row in rows)
    assert not any(COMPUTED in str(row) for row in rows)
    return [row["_id"] for row in rows]


@pytest.fixture(params=VERSIONS)
def seen(
    request: pytest.FixtureRequest, kept: tuple[str, Collection[dict[str, Any]], list[Document]]
) -> Iterator[tuple[Resource, Collection[dict[str, Any]], Collection[dict[str, Any]], list[Document]]]:
    """The resource in a version, the collection of its documents, and one of what the version shows of each, as if that
    were stored; and that itself. Addresses of ours have no host and version there: so they are ordered."""
    name, collection, documents = kept
    resource = RESOURCES[name, request.param]
    shown = [
        {"id": str(number), "href": resource.href(str(number)), **resource.view.to_version(each)}
        for number, each in enumerate(documents)
    ]
    views = collection.database[f"views{name}"]
    views.insert_many([{"_id": each["id"], **each} for each in shown])
    yield resource, collection, views, shown
    views.drop()


def test_lists_are_ordered_by_what_is_shown(
    seen: tuple[Resource, Collection[dict[str, Any]], Collection[dict[str, Any]], list[Document]],
) -> None:
    """The database's own order of the views is the rule: how it takes arrays, what is missing, and several types."""
    resource, collection, views, shown = seen
    computed = set()
    for key in sortable(resource, shown):
        order = order_of(resource, [key])
        direction = -1 if key.descending else 1
        expected = views.find({}, {"_id": 1}, sort=[(key.name, direction), ("_id", direction)])
        assert listed(collection, order) == [row["_id"] for row in expected], key
        if order.computed:
            computed.add(key.name)
            assert not order.seekable
    derived = [key for key in sortable(resource, shown) if resource.readings(key.path)]
    assert bool(computed) is bool(derived)


def test_several_keys_of_one_array_are_those_of_one_element(
    seen: tuple[Resource, Collection[dict[str, Any]], Collection[dict[str, Any]], list[Document]],
) -> None:
    resource, collection, views, shown = seen
    keys = [key for key in sortable(resource, shown) if len(key.path) > 1 and key.path[1] != "0"]
    derived = [key for key in keys if order_of(resource, [key]).computed]
    for one in derived:
        others = [key for key in keys if key.path[:-1] == one.path[:-1] and key.path != one.path]
        for pair in [pair for other in others[:FEW] for pair in ([one, other], [other, one])]:
            asked = [(key.name, -1 if key.descending else 1) for key in pair]
            expected = views.find({}, {"_id": 1}, sort=[*asked, ("_id", asked[-1][1])])
            assert listed(collection, order_of(resource, pair)) == [row["_id"] for row in expected], pair


def test_events_are_ordered_by_what_is_shown(
    seen: tuple[Resource, Collection[dict[str, Any]], Collection[dict[str, Any]], list[Document]],
) -> None:
    """The paths of entries begin at the row; what is computed is the same."""
    resource, collection, _, shown = seen
    member = lower_camel(resource.name)
    declared = Attribute("object", False, lambda: {"eventId": ANYTHING})
    entries = Entries(url="", version=resource.version, resources={resource.name: resource}, declared=declared)
    for key in sortable(resource, shown):
        order = order_of(resource, [key])
        if order.computed:
            of_events = order_of(entries, [replace(key, path=("event", member, *key.path))])
            assert of_events.computed
            assert listed(collection, of_events) == listed(collection, order), key
