"""The way to one node: SQL, lists, frames, derived runs."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Union

from . import _frame
from ._discovery import PathLike, address_of_url, check_token, data_directory, find_address, read_token
from ._error import Error
from ._http import ARROW, Transport
from ._result import Result, installed

#: What an address may hold of a request whose frame cannot hold it.
MAX_ADDRESS_BYTES = 16_000

FRAMES = ("pandas", "polars", "pyarrow")


class Derived(NamedTuple):
    """A derived run: appended just now, or here already."""

    #: Its id; the same input has the same one on every node.
    run: str
    #: ``derived``, ``already here``, or ``restorable``: it is here and deleted.
    outcome: str
    #: Hash of its table.
    blob: str
    #: What is odd about the table.
    warnings: List[str]
    #: All that the node answered.
    reply: Dict[str, Any]


def connect(
    directory: Optional[PathLike] = None,
    url: Optional[str] = None,
    token: Optional[str] = None,
    workspace: Optional[str] = None,
    frames: Optional[str] = None,
    timeout: Optional[float] = 600.0,
) -> "Connection":
    """Finds the running node and returns the way to it.

    The node is that of ``directory``, else of ``DATAFORGE_DIR``, else of the data directory of this user.
    ``url`` and ``token`` are for one that is reached through a tunnel; where only one of them is given, the
    other is that of the directory. ``workspace`` may be left out while the node holds one only. ``frames`` is
    the package of frames: ``pandas``, ``polars`` or ``pyarrow``; by default the first that is installed.
    ``timeout`` is how long, in seconds, the node may be silent.
    """
    if frames is not None and frames not in FRAMES:
        raise Error("usage", f"no package of frames: {frames!r}", f"use one of {', '.join(FRAMES)}")
    place = data_directory(directory) if url is None or token is None else None
    address = address_of_url(url) if url is not None else find_address(str(place))
    token = check_token(token) if token is not None else read_token(str(place))
    return Connection(Transport(address, token, timeout), workspace, frames)


class Connection:
    """The way to a node. Nothing is held open, so there is nothing to close."""

    def __init__(self, transport: Transport, workspace: Optional[str], frames: Optional[str]) -> None:
        self._transport = transport
        self._workspace = workspace
        self._frames = frames

    def __repr__(self) -> str:
        workspace = f", workspace={self._workspace!r}" if self._workspace else ""
        return f"dataforge.Connection(http://{self._transport.address.host}{workspace})"

    def sql(
        self,
        text: str,
        parameters: Optional[Sequence[Any]] = None,
        *,
        local_only: bool = False,
        remote_bytes: Optional[int] = None,
    ) -> Result:
        """Runs a read-only statement; ``$1``, ``$2`` … in it stand for ``parameters``.

        ``local_only`` reads nothing from peers, ``remote_bytes`` at most so many bytes.
        """
        question: Dict[str, Any] = {"sql": text, "parameters": list(parameters or [])}
        if self._workspace is not None:
            question["workspace"] = self._workspace
        if local_only:
            question["local_only"] = True
        if remote_bytes is not None:
            question["remote_bytes"] = remote_bytes
        return Result(self._transport, question)

    def wells(self) -> List[Dict[str, Any]]:
        """Lists wells, as ``dataforge --json wells`` does."""
        return self._list("wells")

    def runs(self, well: Optional[str] = None) -> List[Dict[str, Any]]:
        """Lists runs, of one well or all, as ``dataforge --json runs`` does."""
        return self._list("runs", well=well)

    def curves(self, run: Optional[str] = None) -> List[Dict[str, Any]]:
        """Lists curves, of one run or all, as ``dataforge --json curves`` does."""
        return self._list("curves", run=run)

    def lineage(self, run: str) -> List[Dict[str, Any]]:
        """Lists what a derived run was made of; nothing for one that was imported."""
        return self.sql("select * from lineage where run_id = $1", [self._find(run)["id"]]).rows()

    def run(self, id: str, gridded: bool = False) -> Any:
        """Returns all rows of a run as a frame, exactly as delivered, or of its gridded copy.

        A pandas frame keeps the run, the hash of its table and the units in ``frame.attrs["dataforge"]``, where
        ``derive`` finds the units again.
        """
        info = self._find(id)
        # The file, not SQL: its rows come in the order in which they were delivered.
        query = {"workspace": self._workspace, "form": "gridded" if gridded else None}
        content = self._transport.fetch(f"/v1/runs/{info['id']}.parquet", query)
        kept: Dict[str, Any] = {"run": info["id"], "well": info["well"]}
        if not gridded:
            kept["blob"] = info["blob"]
        return _frame.of_parquet(content, self._kind(), kept)

    def well(
        self,
        name: str,
        curves: Union[str, Iterable[str], None] = None,
        step: Optional[float] = None,
    ) -> Any:
        """Returns curves of a well side by side by depth in metres, as a frame: SQL's ``well(…)``.

        ``curves`` are properties or mnemonics, those that stand for a property when left out; with a ``step``, in
        metres, the rows are its multiples, without one the depths as delivered.
        """
        words = [_quoted(name)]
        if curves is not None:
            words.append(_quoted(curves if isinstance(curves, str) else ",".join(curves)))
        if step is not None:
            words.append(f"step => {float(step)!r}")
        result = self.sql(f"select * from well({', '.join(words)}) order by depth_m")
        kind = self._kind()
        if kind == "polars":
            return result.polars()
        return _frame.of_arrow(result.arrow(), kind, {"well": name})

    def derive(
        self,
        frame: Any,
        *,
        well: str,
        name: str,
        sources: Union[str, Iterable[str]],
        tool: str,
        version: str,
        parameters: Optional[Mapping[str, Any]] = None,
        description: Optional[str] = None,
        units: Optional[Mapping[str, str]] = None,
        index: Optional[str] = None,
        index_unit: Optional[str] = None,
    ) -> Derived:
        """Appends a derived run: a frame that was computed, with what it was made of.

        ``frame`` is one of pandas, polars or pyarrow, or a dict of lists: the depths first (in pandas the named
        index, if it has one), then one column per curve. ``sources`` are what was read: ``RUN``, or ``RUN:CURVE``
        with the number, label or mnemonic of a curve; ``@HASH`` behind it names the table that was read, which
        must still be that of the run. The same input again is the run that is here; nothing is overwritten.
        """
        given = {**_frame.units_of(frame), **(units or {})}
        request: Dict[str, Any] = {
            "well": well,
            "name": name,
            "sources": [sources] if isinstance(sources, str) else list(sources),
            "tool": tool,
            "version": version,
            "parameters": _parameters(parameters),
            "description": description,
            "units": [[column, unit] for column, unit in given.items()],
            "index": index,
            "index_unit": index_unit,
        }
        content, is_inside = _frame.stream(frame, request)
        query: Dict[str, Any] = {"workspace": self._workspace}
        if not is_inside:
            query.update(_address(request))
        reply = self._transport.send("/v1/runs", query, content, ARROW)
        return Derived(reply["run"], reply["outcome"], reply["blob"], reply.get("warnings", []), reply)

    def _list(self, what: str, **query: Optional[str]) -> List[Dict[str, Any]]:
        reply = self._transport.get(f"/v1/{what}", {"workspace": self._workspace, **query})
        rows = reply.get(what) if isinstance(reply, dict) else None
        if not isinstance(rows, list):
            raise Error("internal", f"the node's answer holds no {what}", "is it of the same version as this package?")
        return rows

    def _find(self, named: str) -> Dict[str, Any]:
        """Finds a run by its id, the start of it, its name or its source file."""
        runs = self.runs()
        for fits in (
            lambda run: run["id"] == named.lower(),
            lambda run: named in (run["name"], run["source"]),
            lambda run: len(named) >= 4 and run["id"].startswith(named.lower()),
        ):
            found = [run for run in runs if fits(run)]
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(run["short"] for run in found[:10])
                raise Error("usage", f"{named!r} names {len(found)} runs", f"use an id: {ids}")
        raise Error("not_found", f"there is no run {named!r}", "runs() lists them")

    def _kind(self) -> str:
        """Returns the package of frames."""
        return self._frames or next((kind for kind in FRAMES if installed(kind)), "pyarrow")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parameters(parameters: Optional[Mapping[str, Any]]) -> Optional[str]:
    if parameters is None:
        return None
    try:
        return json.dumps(dict(parameters), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise Error("usage", f"the parameters are no json: {error}", "use text, numbers, booleans, lists and dicts") from error


def _address(request: Mapping[str, Any]) -> Dict[str, Any]:
    """Returns a request as it stands in an address."""
    query: Dict[str, Any] = {
        key: request[key]
        for key in ("well", "name", "tool", "version", "parameters", "description", "index", "index_unit")
    }
    query["from"] = request["sources"]
    query["unit"] = [f"{column}={unit}" for column, unit in request["units"]]
    if len(json.dumps(query)) > MAX_ADDRESS_BYTES:
        raise Error("usage", "what the run was made of is too long to be sent like this", "pip install pyarrow")
    return query
