"""The result of a statement: as rows without any other package, or as a frame."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
from typing import Any, Dict, Iterator, List, Optional

from ._error import Error
from ._http import ARROW, JSON, Body, Transport

#: Bytes that are read at a time.
CHUNK = 1 << 20


def installed(package: str) -> bool:
    """Whether a package can be imported."""
    return importlib.util.find_spec(package) is not None


def need(package: str, what: str) -> Any:
    """Imports an optional package."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise Error("usage", f"{what} needs the package {package}", f"pip install {package}") from error


class Result:
    """What a statement gave.

    The statement has begun when this is there, so that a mistake in it has been raised; its rows come with the
    first call for them and are kept. ``batches`` gives them one after the other instead, once.
    """

    def __init__(self, transport: Transport, question: Dict[str, Any]) -> None:
        # Arrow keeps types and every bit of a number; JSON needs nothing but Python.
        self._is_arrow = installed("pyarrow") or installed("polars")
        self._body: Optional[Body] = transport.ask(question, ARROW if self._is_arrow else JSON)
        self._content: Optional[bytes] = None
        self._table: Any = None

    def rows(self) -> List[Dict[str, Any]]:
        """Returns the rows as dictionaries by the names of columns."""
        if not self._is_arrow:
            return _rows(self._read())
        if installed("pyarrow"):
            return self.arrow().to_pylist()
        return self.polars().to_dicts()

    def arrow(self) -> Any:
        """Returns a ``pyarrow.Table``."""
        ipc = need("pyarrow.ipc", "an arrow table")
        if self._table is None:
            self._table = whole(lambda: ipc.open_stream(self._read()).read_all())
        return self._table

    def pandas(self, **options: Any) -> Any:
        """Returns a ``pandas.DataFrame``; options are those of ``pyarrow.Table.to_pandas``."""
        need("pandas", "a pandas frame")
        return self.arrow().to_pandas(**options)

    def polars(self) -> Any:
        """Returns a ``polars.DataFrame``."""
        polars = need("polars", "a polars frame")
        if installed("pyarrow"):
            return polars.from_arrow(self.arrow())
        return whole(lambda: polars.read_ipc_stream(io.BytesIO(self._read())))

    def batches(self) -> Iterator[Any]:
        """Gives the result as ``pyarrow.RecordBatch`` as it comes, without keeping it."""
        ipc = need("pyarrow.ipc", "batches")
        if self._content is not None:
            yield from self.arrow().to_batches()
            return
        body = self._take()
        with body:
            reader = whole(lambda: ipc.open_stream(body))
            while True:
                try:
                    batch = whole(reader.read_next_batch)
                except StopIteration:
                    break
                yield batch
            # Arrow is content with its own end mark; the answer has to have come to its end too.
            while body.read(CHUNK):
                pass

    def close(self) -> None:
        """Gives up what was not read yet, which ends the query."""
        if self._body is not None:
            self._body.close()

    def __enter__(self) -> "Result":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        return iter(self.rows())

    def _take(self) -> Body:
        if self._body is None or self._body.closed:
            raise Error("usage", "the result was given up or is read already", "ask again")
        body, self._body = self._body, None
        return body

    def _read(self) -> bytes:
        """Reads all of it; what broke off is nothing."""
        if self._content is None:
            with self._take() as body:
                content = bytearray()
                while True:
                    part = body.read(CHUNK)
                    if not part:
                        break
                    content += part
            self._content = bytes(content)
        return self._content


def _rows(content: bytes) -> List[Dict[str, Any]]:
    try:
        rows = json.loads(content or b"[]")
    except ValueError as error:
        raise Error("internal", f"the result is no json: {error}") from error
    if not isinstance(rows, list):
        raise Error("internal", "the result is json, but no list of rows")
    return rows


def whole(work: Any) -> Any:
    """Works on Arrow bytes; says what is wrong with them in our words."""
    try:
        return work()
    except (Error, StopIteration):
        raise
    except Exception as error:  # Each package has errors of its own.
        raise Error("network", f"the result cannot be read: {error}", "ask again; part of it may be missing") from error
