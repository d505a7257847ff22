"""What the server is called from outside: the root of its URLs, which a proxy may name for single requests.

Within, every URL has the root of the settings: in what is kept, remembered and sent as an event. Only what goes in and
out of a request is translated, so that nothing that is remembered can show the name of another request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NAMED: ContextVar[str] = ContextVar("external root", default="")


@contextmanager
def external_root(root: str) -> Iterator[None]:
    """Within the block, clients know the server by `root`."""
    token = _NAMED.set(root)
    try:
        yield
    finally:
        _NAMED.reset(token)


def named_root(default: str) -> str:
    """The root that a proxy named for this request, else `default`, that of the settings."""
    return _NAMED.get() or default


def inward(url: str, root: str) -> str:
    """A URL that a client sent, as it is below `root`, that of the settings."""
    named = _NAMED.get()
    return root + url[len(named) :] if named and url.startswith(f"{named}/") else url
