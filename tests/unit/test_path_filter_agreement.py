# SPDX-License-Identifier: Apache-2.0
"""JSONPath filters keep what the JSONPath library itself selects, whatever is asked of whatever document."""

from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.query.matching import matches
from app.domain.query.path_filter import read_filter
from tests.unit.json_paths import DOCUMENTS, LIBRARY, conditions, selected


class Asked(NamedTuple):
    """A filter as it is sent, and what the library selects from instead: the resource, or a collection of it alone."""

    sent: str
    selected: str
    from_collection: bool = False


def as_path(pair: tuple[str, str], leading: str) -> Asked:
    sent, meant = pair
    return Asked({"$": f"${sent}", ".": sent, "": sent.removeprefix(".")}[leading], f"${meant}")


PATHS = st.builds(as_path, selected(2), st.sampled_from(["$", ".", ""]))
ON_RESOURCE = st.builds(
    lambda condition, start, rest: Asked(f"{start}[?({condition[0]})]{rest}", f"$[?({condition[1]})]{rest}", True),
    conditions(2),
    st.sampled_from(["$", ""]),
    st.sampled_from(["", ".n", ".o.s", ".a[*].n"]),
)
FILTERS = st.lists(PATHS | ON_RESOURCE, min_size=1, max_size=2)


def kept(asked: Asked, document: Any) -> bool:
    return bool(LIBRARY.findall(asked.selected, [document] if asked.from_collection else document))


@settings(max_examples=400)
@given(FILTERS, st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_a_filter_keeps_the_documents_in_which_the_library_selects_something(
    asked: list[Asked], documents: list[Any]
) -> None:
    predicate = read_filter(" , ".join(each.sent for each in asked))
    for document in documents:
        assert matches(predicate, document) == any(kept(each, document) for each in asked)
