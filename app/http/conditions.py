"""Entity tags and the conditions that a request sets on them (RFC 9110, conditional requests)."""

from app.errors import PreconditionFailed
from app.http.exchange import Request


def entity_tag(revision: int, version: str) -> str:
    """The strong tag of a whole representation: it differs between revisions and between versions."""
    return f'"{revision}-{version}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` says that the client has this representation already."""
    return _names(request.header(b"if-none-match"), tag, weak=True)


def require(request: Request, tag: str) -> None:
    """Raise `PreconditionFailed` when `If-Match` names other representations than the one with this tag."""
    wanted = request.header(b"if-match")
    if wanted and not _names(wanted, tag, weak=False):
        told = "The resource is not, or no longer, the one that If-Match names; read it again and send its ETag"
        raise PreconditionFailed(told, {"ETag": tag})


def _names(header: str, tag: str, weak: bool) -> bool:
    """Whether a list of tags holds `tag`; a weak tag counts only where a weak comparison will do."""
    tags = [each.strip() for each in header.split(",")]
    return "*" in tags or tag in tags or (weak and f"W/{tag}" in tags)
