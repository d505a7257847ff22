"""How much of a list an answer holds, and how it says so (TMF630 part 1, paging)."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import InvalidQuery, shortened

LARGEST_OFFSET = 2**31 - 1


@dataclass(frozen=True)
class Paging:
    """The part of a list that a client asked for; `asked` is whether it asked for a part at all."""

    offset: int
    limit: int
    asked: bool

    def status(self, returned: int, total: int) -> int:
        """206 when the client asked for a part and there is more than the answer holds, else 200.

        Past the end there is nothing to be part of: the empty list is complete.
        """
        return 206 if self.asked and returned < total and self.offset < total else 200


def paging(controls: Mapping[str, str], default_limit: int, max_limit: int) -> Paging:
    """Read `offset` and `limit`. A limit above the maximum is lowered to it; raises `InvalidQuery` for no number."""
    offset = _count(controls, "offset", 0, LARGEST_OFFSET)
    limit = _count(controls, "limit", default_limit, None)
    return Paging(offset, min(limit, max_limit), asked="offset" in controls or "limit" in controls)


def totals(returned: int, total: int) -> dict[str, str]:
    """The headers that tell how long the list is and how much of it the answer holds."""
    return {"X-Total-Count": str(total), "X-Result-Count": str(returned)}


def _count(controls: Mapping[str, str], name: str, default: int, largest: int | None) -> int:
    text = controls.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or (largest is not None and int(text) > largest):
        upto = f" up to {largest}" if largest else ""
        raise InvalidQuery(f"'{name}' must be a whole number from 0{upto}, not '{shortened(text, 40)}'")
    return int(text)
