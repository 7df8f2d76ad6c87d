"""Asks DuckDB the committed queries over the Parquet tables of a node, and compares.

    python compare.py PLAN.json

The plan says where things are:

    tables    folder with wells.parquet, runs.parquet, curves.parquet, tops.parquet of the node
    blobs     folder with the tables of the runs as they are stored: HASH.data is a Parquet file
    queries   [{"name": …, "sql": …, "answer": FILE}]: the text for DuckDB; the node's answer as Arrow stream
    repeat    how often each is timed after a first time that is not
    threads   how many DuckDB may use; its default when null

Prints {"version": …, "threads": …, "queries": [{"name", "rows", "seconds": […], "worst", "problem"}]} as JSON.
"worst" is the largest relative difference of two numbers; "problem" says in words what differs otherwise.
DuckDB sees the runs as users of it would: wide, with the metadata of the run beside each row.
"""

import json
import math
import pathlib
import sys
import time

import duckdb
import pyarrow as pa

# Metres or seconds of one unit of the index, as far as the generated logs use them.
TO_SI = {"m": 1.0, "ft": 0.3048, "s": 1.0}


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def connect(plan):
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    # Warm means that footers are not read again: the node keeps them too.
    con.execute("set parquet_metadata_cache = true")
    if plan.get("threads"):
        con.execute(f"set threads = {int(plan['threads'])}")
    for table in ["wells", "runs", "curves", "tops"]:
        path = pathlib.Path(plan["tables"]) / f"{table}.parquet"
        con.execute(f"create table {table} as select * from read_parquet({quoted(path)})")
    blobs = pathlib.Path(plan["blobs"])
    con.execute(
        "create table files (filename varchar, run_id varchar, run varchar, well varchar, well_id varchar, "
        "to_si double, has_rhob boolean, has_nphi boolean)")
    logs(con, blobs, "depth", "depth_m", "dept")
    logs(con, blobs, "time", "time_s", "time")
    return con


def logs(con, blobs, kind, column, index):
    """Makes a view of all logs over depth or over time: their columns, and the index in metres or seconds."""
    runs = con.execute(
        "select blob, run_id, run, well, well_id, lower(index_unit) from runs where kind = 'log' and index_kind = ? "
        "order by well, run_id", [kind]).fetchall()
    rows = []
    for blob, run_id, run, well, well_id, unit in runs:
        names = con.execute("select column_name from curves where run_id = ?", [run_id]).fetchall()
        curves = {name for (name,) in names}
        has = ["rhob" in curves, "nphi" in curves]
        rows.append((str(blobs / f"{blob}.data"), run_id, run, well, well_id, TO_SI[unit], *has))
    con.executemany("insert into files values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    listed = ", ".join(quoted(row[0]) for row in rows)
    con.execute(
        f"create view {kind}_logs as select files.* exclude (filename), logs.* exclude (filename), "
        f"logs.{index} * files.to_si as {column} "
        f"from read_parquet([{listed}], union_by_name = true, filename = true) as logs join files using (filename)")


def differs(ours, theirs):
    """Returns the relative difference of two numbers, 0 for equal values of other kinds; None if they differ."""
    if ours is None or theirs is None or isinstance(ours, (str, bool)) or isinstance(theirs, (str, bool)):
        return 0.0 if ours == theirs else None
    if isinstance(ours, int) and isinstance(theirs, int):
        return 0.0 if ours == theirs else None
    ours, theirs = float(ours), float(theirs)
    if ours == theirs or (math.isnan(ours) and math.isnan(theirs)):
        return 0.0
    if math.isnan(ours) or math.isnan(theirs) or math.isinf(ours) or math.isinf(theirs):
        return None
    return abs(ours - theirs) / max(abs(ours), abs(theirs))


def compare(ours, theirs):
    """Returns the largest relative difference and, if there is another one, what it is."""
    if (ours.num_rows, ours.num_columns) != (theirs.num_rows, theirs.num_columns):
        return None, (f"the node answers {ours.num_rows} rows of {ours.num_columns} columns, DuckDB "
                      f"{theirs.num_rows} of {theirs.num_columns}")
    worst = 0.0
    for at in range(ours.num_columns):
        mine, other = ours.column(at).to_pylist(), theirs.column(at).to_pylist()
        for row, (one, two) in enumerate(zip(mine, other)):
            difference = differs(one, two)
            if difference is None:
                return worst, f"row {row}, {ours.column_names[at]}: the node answers {one!r}, DuckDB {two!r}"
            worst = max(worst, difference)
    return worst, None


def main():
    plan = json.loads(pathlib.Path(sys.argv[1]).read_text())
    con = connect(plan)
    told = []
    for query in plan["queries"]:
        seconds = []
        for _ in range(1 + plan["repeat"]):
            started = time.perf_counter()
            theirs = con.sql(query["sql"]).to_arrow_table()
            seconds.append(time.perf_counter() - started)
        result = {"name": query["name"], "rows": theirs.num_rows, "seconds": seconds[1:], "worst": None, "problem": None}
        if query.get("answer"):
            with pa.ipc.open_stream(query["answer"]) as answer:
                result["worst"], result["problem"] = compare(answer.read_all(), theirs)
        told.append(result)
    threads = con.execute("select current_setting('threads')").fetchone()[0]
    print(json.dumps({"version": duckdb.__version__, "threads": threads, "queries": told}))


if __name__ == "__main__":
    main()
