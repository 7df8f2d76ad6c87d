"""DuckDB reads a run's table over HTTP, by the ranges it needs, with the token."""

import duckdb

from common import given, refused, tell
from node_files import NodeFiles

client = given()
path = f"{client['http']}/v1/runs/{client['run']}.parquet"
LESS = "dept between 1050 and 1060"


def own(token):
    """DuckDB with its own HTTP, if its extension is installed; it is not fetched."""
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    try:
        con.sql("load httpfs")
    except duckdb.Error:
        return None
    con.sql(f"create secret (type http, bearer_token '{token}', scope 'http://{client['http']}')")
    return con


def ask(con, file):
    table = f"read_parquet('{file}')"
    return {
        "whole": con.sql(f"select count(*), sum(gr), min(dept), max(dept) from {table}").fetchall()[0],
        "part": con.sql(f"select count(*), sum(gr) from {table} where {LESS}").fetchall()[0],
        "columns": con.sql(f"describe select * from {table}").fetchall(),
    }


def window():
    """Returns the bytes that are read for a window of depth of a long run, and of how many."""
    files = NodeFiles(client["token"])
    con = duckdb.connect()
    con.register_filesystem(files)
    long = f"node://{client['http']}/v1/runs/{client['long']}.parquet"
    rows = con.sql(f"select dept, c3 from read_parquet('{long}') where dept between 20000 and 20050").fetchall()
    return {"rows": len(rows), "bytes": files.bytes_read, "requests": files.requests, "size": files.info(long)["size"]}


files = NodeFiles(client["token"])
con = duckdb.connect()
con.register_filesystem(files)
size = files.info(f"node://{path}")["size"]
seen = ask(con, f"node://{path}")
httpfs = own(client["token"])
by_httpfs = ask(httpfs, f"http://{path}") if httpfs else None
gridded = refused(OSError, lambda: files.info(f"node://{client['http']}/v1/runs/{'0' * 64}.parquet"))


def with_wrong_token():
    con = duckdb.connect()
    con.register_filesystem(NodeFiles(client["wrong"]))
    con.sql(f"select * from read_parquet('node://{path}')").fetchall()


status, headers, body = files.ask("GET", f"node://{path}")
tell(
    version=duckdb.__version__,
    size=size,
    seen=seen,
    httpfs=by_httpfs,
    unknown=gridded,
    wrong=refused((duckdb.Error, OSError), with_wrong_token),
    window=window(),
    status=status,
    whole_bytes=len(body),
    sql=[list(row) for row in con.sql(f"select gr from read_parquet('node://{path}') order by dept").fetchall()],
)
