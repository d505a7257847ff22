# SPDX-License-Identifier: Apache-2.0
"""Selection of a transfer's parts: the engine by the name of a resource, source and sink by the format of a file."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from app.domain.events import lower_camel
from app.domain.query.attributes import Attribute
from app.errors import StartError
from app.events.api_version import ConnectedApiVersion
from app.resources.engine import Engine
from app.resources.source_engine import ServerMadeEngine
from app.transfer.durable_files import file_errors
from app.transfer.ndjson import Ndjson
from app.transfer.sinks import NdjsonSink, Sink
from app.transfer.sources import Source

PARQUET_ENDING = ".parquet"
_MAGIC = b"PAR1"


def engine_of(apis: Iterable[ConnectedApiVersion], resource: str, version: str) -> Engine:
    """The engine of a resource, by the name of its collection. Raises `StartError` naming the known ones.

    What the server itself makes is in no file: there is nothing of it to bring in or to take out.
    """
    engines = {
        (lower_camel(name), api.version): engine
        for api in apis
        for name, engine in api.engines.items()
        if not isinstance(engine, ServerMadeEngine)
    }
    if (lower_camel(resource), version) not in engines:
        names = ", ".join(sorted(f"{name} {version}" for name, version in engines))
        raise StartError(f"There is no {resource} in {version}; there are {names}")
    return engines[lower_camel(resource), version]


def source_of(file: Path, attributes: Attribute, longest: int) -> Source:
    """The source for a file, by its first bytes: Parquet, or lines of at most `longest` bytes. Raises `StartError`."""
    with file_errors(file), file.open("rb") as begun:
        is_parquet = begun.read(len(_MAGIC)) == _MAGIC
    source: Source = _parquet().ParquetSource(file, attributes, longest) if is_parquet else Ndjson(file, longest)
    return source


def sink_of(file: BinaryIO, path: Path | None, attributes: Attribute) -> Sink:
    """The sink for a file that gets the name `path`, whose suffix gives the format. Raises `StartError`."""
    if path is None or path.suffix != PARQUET_ENDING:
        return NdjsonSink(file)
    sink: Sink = _parquet().ParquetSink(file, attributes)
    return sink


def _parquet() -> Any:
    """The module for Parquet. Raises `StartError` without its optional dependency."""
    if find_spec("pyarrow") is None:
        raise StartError("Parquet needs pyarrow, which is not installed: `pip install 'liaison[parquet]'`")
    return import_module("app.transfer.parquet")
