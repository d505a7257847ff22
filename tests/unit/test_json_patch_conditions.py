# SPDX-License-Identifier: Apache-2.0
"""JSON Patch Query with conditions: the published examples, what matches a condition, and plain pointers."""

from typing import Any

import pytest

from app.domain.json_values import equal
from app.errors import Conflict, InvalidBody
from tests.unit.queries import JOHN, MARY, apply, change, refusal


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        pytest.param(
            {"note": [JOHN, MARY, {"author": "John Doe"}]},
            change("add", "/note/text?note.author=John Doe", "c"),
            {"note": [{"author": "John Doe", "text": "c"}, MARY, {"author": "John Doe", "text": "c"}]},
            id="add a member to the matching elements",
        ),
        pytest.param(
            {"note": [JOHN, MARY]},
            change("remove", "/note?note.author=John Doe"),
            {"note": [MARY]},
            id="remove the matching elements",
        ),
        pytest.param(
            {
                "productPrice": [
                    {"name": "Regular Price", "prodPriceAlteration": [{"name": "x"}], "price": 1},
                    {"name": "Other", "prodPriceAlteration": [{"name": "y"}]},
                ]
            },
            change("remove", "/productPrice/prodPriceAlteration?productPrice.name=Regular Price"),
            {
                "productPrice": [
                    {"name": "Regular Price", "price": 1},
                    {"name": "Other", "prodPriceAlteration": [{"name": "y"}]},
                ]
            },
            id="remove one member of the matching element",
        ),
        pytest.param(
            {"productOfferingPrice": [{"name": "Monthly Price", "price": {"amount": 5}}, {"name": "x", "price": {}}]},
            change("replace", "/productOfferingPrice/price/amount?productOfferingPrice.name=Monthly Price", 25),
            {"productOfferingPrice": [{"name": "Monthly Price", "price": {"amount": 25}}, {"name": "x", "price": {}}]},
            id="replace a nested scalar",
        ),
        pytest.param(
            {"partyCharacteristic": [{"name": "childrenNumber", "value": "1"}, {"name": "market segment", "value": 3}]},
            change("replace", "/partyCharacteristic/value?/partyCharacteristic/name=market segment", "Food retail"),
            {
                "partyCharacteristic": [
                    {"name": "childrenNumber", "value": "1"},
                    {"name": "market segment", "value": "Food retail"},
                ]
            },
            id="TMF632 v5: pointer from the root",
        ),
        pytest.param(
            {"contactMedium": [{"city": "Paris", "preferred": False}, {"city": "Rome", "preferred": True}]},
            change("replace", "/contactMedium/preferred?city=Paris", True),
            {"contactMedium": [{"city": "Paris", "preferred": True}, {"city": "Rome", "preferred": True}]},
            id="TMF629 v5: relative to the element",
        ),
        pytest.param(
            {"interactionItem": [{"id": "1234"}, {"id": "5678"}, {"id": 5678}]},
            change("delete", "/interactionItem?id=5678"),
            {"interactionItem": [{"id": "1234"}]},
            id="TMF683 v5: delete is remove",
        ),
    ],
)
def test_the_examples_with_conditions_come_out_as_they_say(document: Any, operation: Any, result: Any) -> None:
    assert equal(apply(document, operation), result)


ORDER = {
    "orderItem": [
        {
            "quantity": 1,
            "productOffering": {"id": "1513"},
            "product": {"relatedParty": [{"role": "seller", "name": "Mary"}, {"role": "customer", "name": "Mary"}]},
        },
        {
            "quantity": 2,
            "productOffering": {"id": 1513},
            "product": {"relatedParty": [{"role": "seller", "name": "Mary"}, {"role": "customer", "name": "Jo"}]},
        },
        {"quantity": 3, "productOffering": {"id": "1"}, "product": {"relatedParty": [{"role": "customer"}]}},
    ]
}


def test_several_conditions_hold_on_one_element_of_each_array() -> None:
    path = (
        "/orderItem/quantity?orderItem.productOffering.id=1513&orderItem.product.relatedParty.role=customer"
        "&orderItem.product.relatedParty.name=Mary"
    )
    after = apply(ORDER, change("replace", path, 25))
    assert [item["quantity"] for item in after["orderItem"]] == [25, 2, 3]


def test_conditions_select_in_each_of_nested_arrays() -> None:
    path = "/orderItem/product/relatedParty/role?orderItem.quantity=1&/orderItem/product/relatedParty/role=customer"
    parties = [item["product"]["relatedParty"] for item in apply(ORDER, change("replace", path, "x"))["orderItem"]]
    assert [[party["role"] for party in each] for each in parties] == [
        ["seller", "x"],
        ["seller", "customer"],
        ["customer"],
    ]


def test_an_array_that_no_condition_names_is_gone_through() -> None:
    after = apply(ORDER, change("remove", "/orderItem/product/relatedParty/name?orderItem.quantity=1"))
    assert after["orderItem"][0]["product"]["relatedParty"] == [{"role": "seller"}, {"role": "customer"}]


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        ("4", "4", True),
        (4, "4", True),
        (4, "4.0", True),
        (4.5, "4.5", True),
        ("true", "true", True),
        (True, "true", True),
        (False, "false", True),
        (True, "1", False),
        (1, "true", False),
        (False, "0", False),
        (False, "", False),
        ("", "", True),
        (None, "", False),
        ("R&D", "R%26D", True),
        ("a=b", "a=b", True),
        ("50%", "50%25", True),
        ("50%", "50%", True),
        ("a+b", "a+b", True),
        ("a b", "a b", True),
        ("a b", "a%20b", True),
        ("é?", "%C3%A9?", True),
        ("[?(", "[?(", True),
        ({"4": "4"}, "4", False),
        (["3", "4"], "4", True),
    ],
)
def test_a_condition_compares_loosely_with_its_decoded_text(value: Any, text: str, matches: bool) -> None:
    for name in ("a.x", "/a/x", "x"):
        operation = change("replace", f"/a/y?{name}={text}", 1)
        if matches:
            assert apply({"a": [{"x": value, "y": 0}]}, operation)["a"][0]["y"] == 1
        else:
            assert isinstance(refusal({"a": [{"x": value, "y": 0}]}, operation), Conflict)


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        ({"a": ["x", "y", "x"]}, change("remove", "/a?a=x"), {"a": ["y"]}),
        ({"a": ["x", "y"]}, change("replace", "/a?a=y", "z"), {"a": ["x", "z"]}),
        ({"a": ["x", "y"]}, change("add", "/a?a=x", "z"), {"a": ["z", "y"]}),
        ({"a": [{"n": 1}]}, change("add", "/a?n=1", {"m": 2}), {"a": [{"n": 1, "m": 2}]}),
        ({"a": [{"n": 1, "b": [1]}]}, change("add", "/a/b?n=1", 2), {"a": [{"n": 1, "b": [1, 2]}]}),
        ({"s": "open", "t": 1}, change("replace", "/t?/s=open", 2), {"s": "open", "t": 2}),
        ({"p": {"id": 5, "n": 1}}, change("replace", "/p/n?p.id=5", 2), {"p": {"id": 5, "n": 2}}),
        ({"p": {"id": 5, "n": 1}}, change("replace", "/p/n?id=5", 2), {"p": {"id": 5, "n": 2}}),
        ({"a": [{"n.m": 1, "b": 1}]}, change("remove", "/a/b?/a/n.m=1"), {"a": [{"n.m": 1}]}),
        ({"a": [{"@type": "X", "b": 1}]}, change("remove", "/a/b?@type=X"), {"a": [{"@type": "X"}]}),
        ({"a": [{"n": 1, "b": 2}]}, change("test", "/a/b?n=1", 2), {"a": [{"n": 1, "b": 2}]}),
    ],
)
def test_conditions_reach_what_they_say(document: Any, operation: Any, result: Any) -> None:
    assert equal(apply(document, operation), result)


@pytest.mark.parametrize(
    ("document", "operation", "result"),
    [
        ({"a": [1, 2]}, change("remove", "/a/0"), {"a": [2]}),
        ({"a": [1]}, change("add", "/a/-", 2), {"a": [1, 2]}),
        ({"a": [1]}, change("add", "/a", 2), {"a": [1, 2]}),
        ({"a": [1]}, change("add", "/a", [2]), {"a": [2]}),
        ({"a": {"b": 1}}, change("add", "/a", {"c": 1}), {"a": {"c": 1}}),
        ({"a": [1, 2]}, change("move", "/a/1", **{"from": "/a/0"}), {"a": [2, 1]}),
        ({"a~b": 1}, change("delete", "/a~0b"), {}),
        ({"a": 1}, change("replace", "", {"b": 2}), {"b": 2}),
    ],
)
def test_a_plain_pointer_works_too_and_adding_to_an_array_appends(document: Any, operation: Any, result: Any) -> None:
    assert equal(apply(document, operation), result)


def test_each_condition_that_is_looked_at_counts() -> None:
    document = {"x": [{"a": number} for number in range(2000)]}
    few, many = ("&".join(f"x.a={each}" for each in range(count)) for count in (2, 100))
    with pytest.raises(Conflict, match="nothing in the document matches"):
        apply(document, *[change("replace", f"/x?{few}", 1)])
    with pytest.raises(InvalidBody, match="searches or copies more than 100000 values"):
        apply(document, *[change("replace", f"/x?{many}", 1)])
