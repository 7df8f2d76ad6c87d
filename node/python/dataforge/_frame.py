"""Frames of pandas, polars and pyarrow → the bytes of an Arrow stream, with what the frame was made of."""

from __future__ import annotations

import io
import json
from typing import Any, Dict, Optional, Tuple

from ._error import Error
from ._result import installed, need, whole

#: Metadata of a schema: what the table is and what it was made of.
REQUEST = "dataforge.derive"
#: What a pandas frame keeps of where it is from.
ATTRIBUTES = "dataforge"
#: Metadata of a column: its unit.
UNIT = b"dataforge.unit"


def kind_of(frame: Any) -> Optional[str]:
    """Returns the package a frame is of."""
    package = type(frame).__module__.split(".")[0]
    return package if package in ("pandas", "polars", "pyarrow") else None


def units_of(frame: Any) -> Dict[str, str]:
    """Returns the units that a pandas frame kept from where it was read, of columns that it still has."""
    kept = getattr(frame, "attrs", {}).get(ATTRIBUTES, {}) if kind_of(frame) == "pandas" else {}
    units = kept.get("units", {})
    return {column: unit for column, unit in units.items() if column in frame.columns or column == frame.index.name}


def of_parquet(content: bytes, kind: str, kept: Dict[str, Any]) -> Any:
    """Returns the frame that a Parquet file holds."""
    if kind == "polars" and not installed("pyarrow"):
        polars = need("polars", "a polars frame")
        return whole(lambda: polars.read_parquet(io.BytesIO(content)))
    parquet = need("pyarrow.parquet", "a frame")
    table = whole(lambda: parquet.read_table(need("pyarrow", "a frame").BufferReader(content)))
    return of_arrow(table, kind, kept)


def of_arrow(table: Any, kind: str, kept: Dict[str, Any]) -> Any:
    """Returns an Arrow table as a frame; one of pandas keeps where it is from, and its units."""
    if kind == "pyarrow":
        return table
    if kind == "polars":
        return need("polars", "a polars frame").from_arrow(table)
    need("pandas", "a pandas frame")
    frame = table.to_pandas()
    units = {field.name: (field.metadata or {}).get(UNIT, b"").decode() for field in table.schema}
    frame.attrs[ATTRIBUTES] = {**kept, "units": {name: unit for name, unit in units.items() if unit}}
    return frame


def stream(frame: Any, request: Dict[str, Any]) -> Tuple[bytes, bool]:
    """Returns a frame as an Arrow stream, and whether the request is in it."""
    kind = kind_of(frame)
    if kind == "polars" and not installed("pyarrow"):
        buffer = io.BytesIO()
        frame.write_ipc_stream(buffer)
        return buffer.getvalue(), False
    pyarrow = need("pyarrow", "a derived run")
    try:
        table = _table(pyarrow, kind, frame)
    except Error:
        raise
    except Exception as error:  # Each package has errors of its own.
        hint = "name columns differently, and give each of them values of one kind"
        raise Error("usage", f"the frame cannot be sent: {error}", hint) from error
    # What pandas wants to know of its index, or a file said of another table, has no meaning for this one.
    table = table.replace_schema_metadata({REQUEST: json.dumps(request, allow_nan=False)})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes(), True


def _table(pyarrow: Any, kind: Optional[str], frame: Any) -> Any:
    need("pyarrow.ipc", "a derived run")
    if kind == "pandas":
        if frame.index.nlevels != 1:
            raise Error("usage", "the frame has an index of several levels", "frame.reset_index() makes columns of it")
        if frame.index.name is not None:
            # A named index is a column to everybody else: the first one.
            frame = frame.reset_index()
        return pyarrow.Table.from_pandas(frame, preserve_index=False)
    if kind == "polars":
        return frame.to_arrow()
    if kind == "pyarrow":
        return pyarrow.Table.from_batches([frame]) if isinstance(frame, pyarrow.RecordBatch) else frame
    if isinstance(frame, dict):
        return pyarrow.table(frame)
    raise Error(
        "usage",
        f"a {type(frame).__name__} is no frame",
        "give one of pandas, polars or pyarrow, or a dict of lists",
    )
