# SPDX-License-Identifier: Apache-2.0
"""The place that a path is among those of all documents, its parameters and its methods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MethodNotAllowed, StartError
from app.http.middleware.routing import Paths, RoutePlace

THINGS = "/tmf-api/a.b/v4/thing"
PARTS = f"{THINGS}/{{thingId}}/part"
OFFERED = {
    THINGS: ("GET", "HEAD", "POST"),
    f"{THINGS}/{{id}}": ("GET", "HEAD", "PATCH", "DELETE"),
    f"{THINGS}/new": ("GET", "HEAD"),
    PARTS: ("GET", "HEAD"),
    f"{PARTS}/{{id}}": ("DELETE",),
    f"{THINGS}/new/old": ("POST",),
    "/tmf-api/other/v4/thing": ("POST",),
}
SEGMENTS = st.text(min_size=1).filter(lambda text: "/" not in text)


def made() -> Paths:
    paths = Paths()
    for path, methods in OFFERED.items():
        for method in methods:
            paths.add(path, method, {"operation_id": f"{method} {path}"})
    return paths


PATHS = made()


def found(path: str) -> tuple[RoutePlace, dict[str, str]]:
    there = PATHS.find(path)
    assert there is not None
    return there


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        (THINGS, THINGS, {}),
        (f"{THINGS}/1", f"{THINGS}/{{id}}", {"id": "1"}),
        (f"{THINGS}/1/part", PARTS, {"thingId": "1"}),
        (f"{THINGS}/1/part/2", f"{PARTS}/{{id}}", {"thingId": "1", "id": "2"}),
        (f"{THINGS}/{{id}}", f"{THINGS}/{{id}}", {"id": "{id}"}),
    ],
)
def test_a_path_leads_to_its_operations_with_its_parameters(
    path: str, template: str, parameters: dict[str, str]
) -> None:
    place, values = found(path)
    assert values == parameters
    assert {method: told["operation_id"] for method, told in place.operations.items()} == {
        method: f"{method} {template}" for method in OFFERED[template]
    }


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "//", "/thing", "/tmf-api", "/tmf-api/a.b/v4", "/tmf-api/axb/v4/thing"),
        *(f"{THINGS}/", f"{THINGS}//", f"{THINGS}//part", f"{THINGS}/1/2", f"{THINGS}/1/part/2/3", f"{THINGS}\n"),
        *(THINGS[1:], f"/{THINGS}", f"x{THINGS}", f"{THINGS}x", THINGS.upper()),
    ],
)
def test_what_no_document_has_is_no_place(path: str) -> None:
    assert PATHS.find(path) is None


@given(SEGMENTS.filter(lambda segment: segment != "new"))
def test_any_id_is_a_parameter_as_it_stands(id: str) -> None:
    place, parameters = found(f"{THINGS}/{id}")
    assert (set(place.operations), parameters) == ({"GET", "HEAD", "PATCH", "DELETE"}, {"id": id})


def test_a_path_that_is_written_out_goes_before_one_with_a_parameter() -> None:
    place, parameters = found(f"{THINGS}/new")
    assert (set(place.operations), parameters) == ({"GET", "HEAD"}, {})


def test_a_path_with_a_parameter_is_found_where_the_one_written_out_does_not_lead_on() -> None:
    _, parameters = found(f"{THINGS}/new/part")
    assert parameters == {"thingId": "new"}


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        (THINGS, "PATCH", "GET, HEAD, POST"),
        (THINGS, "get", "GET, HEAD, POST"),
        (f"{THINGS}/1", "POST", "GET, HEAD, PATCH, DELETE"),
        ("/tmf-api/other/v4/thing", "HEAD", "POST"),
    ],
)
def test_another_method_is_refused_naming_those_there_are(path: str, method: str, allowed: str) -> None:
    place, _ = found(path)
    with pytest.raises(MethodNotAllowed, match=f"^This path takes {allowed}$") as refused:
        place.operation(method)
    assert refused.value.headers == {"Allow": allowed}


@pytest.mark.parametrize("segment", ["{id}.json", "v{version}", "{a}{b}", "{", "{}"])
def test_a_segment_that_is_a_parameter_in_part_stops_the_start(segment: str) -> None:
    with pytest.raises(StartError, match="should be a parameter as a whole"):
        Paths().add(f"/things/{segment}", "GET", {})
