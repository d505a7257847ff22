# SPDX-License-Identifier: Apache-2.0
"""The begin of an import: anew, or where an earlier run of the same import stopped."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from app.domain import dates
from app.errors import StartError
from app.storage.documents.imports import Imports
from app.transfer.checkpoint import Checkpoint, Terms, load
from app.transfer.durable_files import file_errors
from app.transfer.ids import Ids
from app.transfer.sources import file_changed_error


@contextmanager
def resume_lock(file: Path) -> Iterator[None]:
    """Lock `file` for one import at a time. Raises `StartError` while another import has it, and for no file."""
    if not file.is_file():
        raise StartError(f"{file} is no regular file, in which an import could go on; save it as one first")
    with file_errors(file), file.open("rb") as reading:
        try:
            fcntl.flock(reading, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"{file}: another import reads it; wait for that") from None
        yield


def checkpoint_of(file: Path) -> Path:
    """The path of the checkpoint of the import of `file`."""
    return file.with_name(f"{file.name}.import")


def rejects_of(file: Path, terms: Terms) -> Path:
    """The path of the file of rejects of the import of `file`."""
    return Path(terms.rejects) if terms.rejects else file.with_name(f"{file.name}.rejects.ndjson")


async def beginning(file: Path, terms: Terms, imports: Imports, *, anew: bool) -> Checkpoint:
    """The checkpoint to begin with: that of an earlier run, or a new one, which is saved and noted in the database.

    Raises `StartError` when an earlier run had other terms or another database, and for another's file of rejects.
    """
    earlier = _earlier(file, anew=anew)
    if earlier is None or anew:
        _refuse_others_rejects(file, terms, earlier)
        return await _begin(file, terms, imports)
    _refuse_other_terms(file, earlier.terms, terms)
    if not await imports.knows(earlier.ids.name):
        raise StartError(f"The import of {file.name} began in another database; name that, or start anew with --anew")
    return earlier


async def _begin(file: Path, terms: Terms, imports: Imports) -> Checkpoint:
    at = dates.now()
    begun = Checkpoint(terms, Ids.generate(at))
    what = {"resource": terms.resource, "version": terms.version, "file": file.name, "begun": at}
    # First in the database, as a checkpoint that it does not know is refused.
    await imports.begin(begun.ids.name, what)
    begun.save(checkpoint_of(file))
    return begun


def _earlier(file: Path, *, anew: bool) -> Checkpoint | None:
    try:
        return load(checkpoint_of(file))
    except StartError:
        if anew:
            return None
        raise


def _refuse_other_terms(file: Path, earlier: Terms, terms: Terms) -> None:
    if earlier.size != terms.size:
        raise file_changed_error(file.name)
    if replace(earlier, rejects=terms.rejects) != terms:
        begun = f"--resource {earlier.resource} --version {earlier.version}"
        raise StartError(f"The import of {file.name} began with {begun}; go on with these, or start anew with --anew")
    if earlier.rejects != terms.rejects:
        kept = rejects_of(file, earlier)
        raise StartError(f"The rejects of {file.name} go to {kept}; leave it so, or start anew with --anew")


def _refuse_others_rejects(file: Path, terms: Terms, earlier: Checkpoint | None) -> None:
    rejects = rejects_of(file, terms)
    own = earlier is not None and rejects_of(file, earlier.terms) == rejects
    if not own and rejects.exists() and rejects.stat().st_size:
        raise StartError(f"{rejects} is there already; move it away, or name another file by --rejects")
