"""Frames out of results and into derived runs, with the packages that are installed."""

import importlib.util
import io
import json
import math
import os
import runpy
import sys
import unittest
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

import dataforge

from .fake import TOKEN, FakeNode, answer, chunks, data_directory, tell

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
EXAMPLE = os.path.join(os.path.dirname(__file__), "..", "examples", "shale_volume.py")
HAS = {package: importlib.util.find_spec(package) is not None for package in ("pyarrow", "pandas", "polars")}

RUN = {
    "id": "ab" * 32,
    "short": "ababababab",
    "name": "main",
    "source": "north-1.las",
    "well": "North 1",
    "well_id": "77" * 32,
    "kind": "log",
    "index_unit": "m",
    "blob": "cd" * 32,
    "acquisition": [],
}
CURVE = {"ordinal": 1, "column": "gr", "unit": "gAPI", "property": "gamma_ray", "count": 3, "preferred": True}
REPLY = {"run": "ef" * 32, "outcome": "derived", "blob": "01" * 32, "warnings": []}


def connect(node, **options):
    return dataforge.connect(url=node.url, token=TOKEN, **options)


@unittest.skipUnless(HAS["pyarrow"], "needs pyarrow")
class Frames(unittest.TestCase):
    def setUp(self):
        import pyarrow

        self.pyarrow = pyarrow
        units = {"dept": "m", "gr": "gAPI"}
        fields = [pyarrow.field(name, pyarrow.float64(), metadata={"dataforge.unit": units[name]}) for name in units]
        columns = [[1.0, 2.0, 3.0], [20.0, None, 120.0]]
        self.table = pyarrow.table(columns, schema=pyarrow.schema(fields, metadata={"dataforge.header": "{}"}))

    def bytes_of(self, table):
        sink = self.pyarrow.BufferOutputStream()
        with self.pyarrow.ipc.new_stream(sink, table.schema) as writer:
            for batch in table.to_batches(max_chunksize=1):
                writer.write_batch(batch)
        return sink.getvalue().to_pybytes()

    def parquet_of(self, table):
        from pyarrow import parquet

        sink = self.pyarrow.BufferOutputStream()
        parquet.write_table(table, sink)
        return sink.getvalue().to_pybytes()

    def node(self, table=None):
        table = self.table if table is None else table
        return FakeNode(
            {
                ("POST", "/v1/sql"): answer(self.bytes_of(table), ARROW),
                ("GET", f"/v1/runs/{'ab' * 32}.parquet"): answer(self.parquet_of(table), PARQUET),
                ("GET", "/v1/runs"): tell({"runs": [RUN]}),
                ("GET", "/v1/curves"): tell({"curves": [CURVE]}),
                ("POST", "/v1/runs"): tell(REPLY, 201),
            }
        )

    def sent(self, frame, **more):
        with self.node() as node:
            options = {"well": "A", "name": "V", "sources": "abab:GR", "tool": "t", "version": "1"}
            connect(node).derive(frame, **{**options, **more})
            (seen,) = node.seen
        table = self.pyarrow.ipc.open_stream(seen.body).read_all()
        return table, json.loads(table.schema.metadata[b"dataforge.derive"])

    def test_a_result_is_the_same_in_every_form(self):
        rows = [{"dept": 1.0, "gr": 20.0}, {"dept": 2.0, "gr": None}, {"dept": 3.0, "gr": 120.0}]
        with self.node() as node:
            result = connect(node).sql("select 1")
            self.assertEqual(result.arrow(), self.table)
            self.assertEqual(result.rows(), rows)
            if HAS["pandas"]:
                frame = result.pandas()
                self.assertEqual(list(frame.columns), ["dept", "gr"])
                self.assertTrue(math.isnan(frame["gr"][1]))
            if HAS["polars"]:
                self.assertEqual(result.polars().to_dicts(), rows)
            self.assertEqual(len(node.seen), 1, "it is asked once")
            self.assertEqual(node.seen[0].headers["Accept"], ARROW)

    def test_batches_come_as_they_are_sent(self):
        with self.node() as node:
            batches = list(connect(node).sql("select 1").batches())
        self.assertEqual([batch.num_rows for batch in batches], [1, 1, 1])
        self.assertEqual(self.pyarrow.Table.from_batches(batches), self.table)

    def test_a_result_that_breaks_off_raises_in_every_form(self):
        whole = self.bytes_of(self.table)
        for content in [whole, whole[:-8], whole[: len(whole) // 2]]:
            for form in ["arrow", "rows", "batches"]:
                broken = {("POST", "/v1/sql"): chunks([content], ARROW, ends=False)}
                with self.subTest(form, length=len(content)), FakeNode(broken) as node:
                    with self.assertRaises(dataforge.Error) as caught:
                        list(getattr(connect(node).sql("select 1"), form)())
                    self.assertEqual(caught.exception.kind, "network")

    def test_a_run_is_a_frame_of_the_package_that_is_wanted(self):
        with self.node() as node:
            kinds = [kind for kind in ("pandas", "polars", "pyarrow") if HAS[kind]]
            for kind in kinds:
                frame = connect(node, frames=kind).run("main")
                self.assertEqual(type(frame).__module__.split(".")[0], kind)
            connect(node, frames="pyarrow", workspace="Field").run("main", gridded=True)
            self.assertEqual(node.seen[-1].target, f"/v1/runs/{'ab' * 32}.parquet?workspace=Field&form=gridded")

    def test_a_file_that_breaks_off_is_no_run(self):
        content = self.parquet_of(self.table)
        for sent in [chunks([content], PARQUET, ends=False), answer(content[:-1], PARQUET)]:
            answers = {
                ("GET", "/v1/runs"): tell({"runs": [RUN]}),
                ("GET", f"/v1/runs/{'ab' * 32}.parquet"): sent,
            }
            with FakeNode(answers) as node, self.assertRaises(dataforge.Error) as caught:
                connect(node).run("main")
            self.assertEqual(caught.exception.kind, "network")

    def test_a_well_comes_by_depth_with_its_units(self):
        with self.node() as node:
            for kind in [kind for kind in ("pandas", "polars", "pyarrow") if HAS[kind]]:
                frame = connect(node, frames=kind).well("O'Brien 1", ["gr", "rhob"], step=0.5)
                self.assertEqual(type(frame).__module__.split(".")[0], kind)
                if kind == "pandas":
                    self.assertEqual(frame.attrs["dataforge"]["units"], {"dept": "m", "gr": "gAPI"})
            statements = {seen.json()["sql"] for seen in node.seen}
        self.assertEqual(
            statements, {"select * from well('O''Brien 1', 'gr,rhob', step => 0.5) order by depth_m"}
        )

    def test_what_an_arrow_table_was_made_of_goes_along(self):
        table, request = self.sent(self.table, parameters={"b": 1, "a": 2}, units={"gr": "gAPI"}, index_unit="m")
        self.assertEqual(table.to_pydict(), self.table.to_pydict())
        self.assertEqual(
            request,
            {
                "well": "A",
                "name": "V",
                "sources": ["abab:GR"],
                "tool": "t",
                "version": "1",
                "parameters": '{"a": 2, "b": 1}',
                "description": None,
                "units": [["gr", "gAPI"]],
                "index": None,
                "index_unit": "m",
            },
        )
        table, _ = self.sent({"DEPT": [1.0, 2.0], "VSH": [0.5, None]})
        self.assertEqual(table.column("VSH").to_pylist(), [0.5, None])

    @unittest.skipUnless(HAS["pandas"], "needs pandas")
    def test_a_pandas_frame_has_its_named_index_first_and_keeps_its_units(self):
        import pandas

        with self.node() as node:
            frame = connect(node, frames="pandas").run("main")
        kept = {"run": "ab" * 32, "well": "North 1", "blob": "cd" * 32, "units": {"dept": "m", "gr": "gAPI"}}
        self.assertEqual(frame.attrs["dataforge"], kept)
        frame["vsh"] = frame["gr"] / 200.0
        table, request = self.sent(frame.set_index("dept"), units={"vsh": "v/v"})
        self.assertEqual(table.column_names, ["dept", "gr", "vsh"])
        self.assertEqual(table.column("vsh").to_pylist(), [0.1, None, 0.6])
        self.assertEqual(sorted(request["units"]), [["dept", "m"], ["gr", "gAPI"], ["vsh", "v/v"]])
        table, _ = self.sent(pandas.DataFrame({"DEPT": [1, 2], "LITH": ["sand", None]}))
        self.assertEqual(table.to_pydict(), {"DEPT": [1, 2], "LITH": ["sand", None]})
        twice = pandas.DataFrame({"a": [1.0]}, index=pandas.Index([1.0], name="a"))
        mixed = pandas.DataFrame({"a": [1.0, 2.0], "b": [1, "x"]})
        two = pandas.DataFrame({"a": [1], "b": [1], "c": [1]}).set_index(["a", "b"])
        for wrong in [twice, mixed, two]:
            with self.assertRaises(dataforge.Error) as caught:
                self.sent(wrong)
            self.assertEqual(caught.exception.kind, "usage")

    @unittest.skipUnless(HAS["polars"], "needs polars")
    def test_a_polars_frame_is_taken(self):
        import polars

        table, request = self.sent(polars.DataFrame({"DEPT": [1.0, 2.0], "VSH": [0.5, None], "LITH": ["a", "b"]}))
        self.assertEqual(table.column("VSH").to_pylist(), [0.5, None])
        self.assertEqual(request["well"], "A")

    def run_example(self, directory, *words):
        out, errors = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, "argv", ["shale_volume.py", "--directory", directory, *words]):
            with redirect_stdout(out), redirect_stderr(errors), self.assertRaises(SystemExit) as ended:
                runpy.run_path(EXAMPLE, run_name="__main__")
        return ended.exception.code, [json.loads(line) for line in out.getvalue().splitlines()], errors.getvalue()

    def test_the_example_computes_the_shale_volume(self):
        with self.node() as node, data_directory(node.port) as directory:
            code, told, _ = self.run_example(directory, "--clean", "20", "--shale", "120")
            sent = [seen for seen in node.seen if (seen.method, seen.target) == ("POST", "/v1/runs")]
        self.assertEqual((code, told[0]["outcome"], told[0]["source"]), (0, "derived", "main"))
        table = self.pyarrow.ipc.open_stream(sent[0].body).read_all()
        self.assertEqual(table.column("dept").to_pylist(), [1.0, 2.0, 3.0])
        clean, none, shale = table.column("VSH").to_pylist()
        self.assertEqual((clean, none), (0.0, None))
        # Of clay alone Larionov's equation gives 0.083 * (2**3.7 - 1).
        self.assertAlmostEqual(shale, 0.9957, places=4)
        request = json.loads(table.schema.metadata[b"dataforge.derive"])
        self.assertEqual(request["sources"], [f"{'ab' * 32}:1@{'cd' * 32}"])
        self.assertEqual(json.loads(request["parameters"])["shale_gapi"], 120.0)

    def test_the_example_says_what_it_cannot_do(self):
        flat = self.pyarrow.table({"dept": [1.0, 2.0], "gr": [50.0, 50.0]})
        with self.node(flat) as node, data_directory(node.port) as directory:
            code, told, errors = self.run_example(directory)
        self.assertEqual((code, told), (1, []))
        self.assertIn("does not vary", errors)


if __name__ == "__main__":
    unittest.main()
