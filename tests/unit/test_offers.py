"""Which operations a deployment offers: the document names the setting that some depend on."""

import pytest

from app.settings import Settings, listing
from app.spec.bundle import bundle, names
from app.spec.offers import SETTING, offered
from tests.contract.documents import METHODS

OPENED = {("/topic", "post"), ("/topic/{id}", "delete"), ("/topic/{topicId}/event", "post")}


def operations(settings: Settings) -> set[tuple[str, str]]:
    """Path and method of each operation that TMF688 has under these settings."""
    document = offered(bundle("event-v4"), settings.on)
    return {(path, method) for path, item in document["paths"].items() for method in METHODS if method in item}


def test_what_depends_on_a_setting_is_offered_where_that_is_on() -> None:
    assert operations(Settings(open_topics=True)) - operations(Settings()) == OPENED
    assert operations(Settings(open_topics=True)) > operations(Settings())
    assert offered(bundle("event-v4"), Settings(open_topics=True).on) == bundle("event-v4")


@pytest.mark.parametrize("name", names())
def test_an_operation_depends_on_a_setting_that_is_on_or_off(name: str) -> None:
    items = bundle(name)["paths"].values()
    named = {item[method].get(SETTING) for item in items for method in METHODS if method in item} - {None}
    assert named <= {variable for variable, default, _ in listing() if default in ("true", "false")}
    assert bool(named) is (name == "event-v4")
