"""What is asked of a node, and what becomes of its answers."""

import io
import json
import os
import socket
import unittest
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import dataforge
from dataforge import _result

from .fake import TOKEN, FakeNode, answer, chunks, data_directory, tell

RUN = {
    "id": "ab" * 32,
    "short": "ababababab",
    "name": "main",
    "source": "north-1.las",
    "well": "North 1",
    "index_unit": "m",
    "blob": "cd" * 32,
}
JSON = "application/json"


def bare(test):
    """Runs a test as if no other package was installed."""
    return mock.patch.object(_result, "installed", lambda package: False)(test)


def connect(node, **options):
    return dataforge.connect(url=node.url, token=TOKEN, **options)


class Requests(unittest.TestCase):
    @bare
    def test_a_statement_is_asked_with_all_that_belongs_to_it(self):
        with FakeNode({("POST", "/v1/sql"): tell([{"n": 1}, {"n": None}])}) as node:
            db = connect(node, workspace="Field")
            result = db.sql("select $1 as n", [1.5, "a", None, True], local_only=True, remote_bytes=7)
            self.assertEqual(result.rows(), [{"n": 1}, {"n": None}])
            self.assertEqual(list(result), result.rows(), "what came is kept")
            (seen,) = node.seen
        self.assertEqual(
            seen.json(),
            {
                "sql": "select $1 as n",
                "parameters": [1.5, "a", None, True],
                "workspace": "Field",
                "local_only": True,
                "remote_bytes": 7,
            },
        )
        self.assertEqual(seen.headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(seen.headers["Host"], f"127.0.0.1:{node.port}")
        self.assertEqual((seen.headers["Content-Type"], seen.headers["Accept"]), (JSON, JSON))

    def test_the_node_of_a_directory_is_found(self):
        with FakeNode({("GET", "/v1/wells"): tell({"api": 1, "reply": "wells", "wells": [{"name": "A"}]})}) as node:
            with data_directory(node.port) as directory:
                self.assertEqual(dataforge.connect(directory).wells(), [{"name": "A"}])
                with mock.patch.dict(os.environ, {"DATAFORGE_DIR": directory}):
                    self.assertEqual(dataforge.connect().wells(), [{"name": "A"}])
                    self.assertEqual(dataforge.connect(url=node.url).wells(), [{"name": "A"}])

    def test_lists_are_of_a_well_or_run_and_a_workspace(self):
        lists = {("GET", f"/v1/{what}"): tell({what: []}) for what in ("runs", "curves")}
        with FakeNode(lists) as node:
            db = connect(node, workspace="Field")
            self.assertEqual(db.runs("North 1 & 2"), [])
            self.assertEqual(db.curves("abab"), [])
            asked = [parse_qs(urlsplit(seen.target).query) for seen in node.seen]
        self.assertEqual(asked[0], {"workspace": ["Field"], "well": ["North 1 & 2"]})
        self.assertEqual(asked[1], {"workspace": ["Field"], "run": ["abab"]})

    def test_parameters_that_are_no_values_are_refused_here(self):
        with FakeNode({}) as node:
            for value in [object(), float("nan"), b"x"]:
                with self.assertRaises(dataforge.Error) as caught:
                    connect(node).sql("select $1", [value])
                self.assertEqual(caught.exception.kind, "usage")
            self.assertEqual(node.seen, [])

    def test_a_proxy_is_not_used(self):
        settings = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "all_proxy": "socks5://x:1"}
        with FakeNode({("GET", "/v1/wells"): tell({"wells": []})}) as node:
            with mock.patch.dict(os.environ, settings):
                self.assertEqual(connect(node).wells(), [])


class Failures(unittest.TestCase):
    def refused(self, sent, what=lambda db: db.sql("select 1").rows()):
        answers = {("POST", "/v1/sql"): sent, ("GET", "/v1/wells"): sent, ("GET", "/v1/elsewhere"): tell({"wells": []})}
        with FakeNode(answers) as node:
            with self.assertRaises(dataforge.Error) as caught:
                what(connect(node))
            self.seen = node.seen
        return caught.exception

    @bare
    def test_what_the_node_says_is_what_is_raised(self):
        error = {"kind": "query", "message": "no column \"gx\"", "hint": "did you mean gr?", "line": 1, "column": 8}
        raised = self.refused(tell({"error": error}, 400))
        self.assertEqual((raised.kind, raised.message, raised.hint), ("query", error["message"], error["hint"]))
        self.assertEqual((raised.position, raised.status), ({"line": 1, "column": 8}, 400))
        self.assertEqual(str(raised), "no column \"gx\" (hint: did you mean gr?)")

    @bare
    def test_an_answer_without_a_reason_is_a_failure(self):
        for sent in [answer(b"<html>", "text/html", 502), tell({"error": "no"}, 500), tell([], 404)]:
            self.assertEqual(self.refused(sent).kind, "network")

    def test_a_redirect_is_not_followed(self):
        def elsewhere(handler, _):
            handler.send_response(302)
            handler.send_header("Location", "/v1/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        raised = self.refused(elsewhere, lambda db: db.wells())
        self.assertEqual((raised.kind, raised.status), ("network", 302))
        self.assertEqual([seen.target for seen in self.seen], ["/v1/wells"])

    @bare
    def test_a_result_that_breaks_off_raises(self):
        whole = json.dumps([{"n": number} for number in range(1000)]).encode()

        def short(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Type", JSON)
            handler.send_header("Content-Length", str(len(whole) + 1))
            handler.end_headers()
            handler.wfile.write(whole)
            handler.close_connection = True

        def endless(handler, _):
            handler.send_response(200)
            handler.send_header("Content-Type", JSON)
            handler.end_headers()
            handler.wfile.write(whole)
            handler.close_connection = True

        for name, sent in [
            ("no last chunk", chunks([whole], JSON, ends=False)),
            ("a part", chunks([whole[:100]], JSON, ends=False)),
            ("too short", short),
            ("no end", endless),
        ]:
            with self.subTest(name):
                raised = self.refused(sent)
                self.assertEqual(raised.kind, "network")

    @bare
    def test_a_result_of_another_kind_or_no_json_is_refused(self):
        self.assertEqual(self.refused(answer(b"n\n1\n", "text/csv")).kind, "internal")
        self.assertEqual(self.refused(chunks([b"[{"], JSON, ends=True)).kind, "internal")
        self.assertEqual(self.refused(tell({"rows": []})).kind, "internal")
        self.assertEqual(self.refused(tell({"rows": []}), lambda db: db.wells()).kind, "internal")

    def test_a_node_that_is_gone_or_silent_is_a_failure(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with self.assertRaises(dataforge.Error) as caught:
                dataforge.connect(url=f"http://127.0.0.1:{port}", token=TOKEN).wells()
            self.assertEqual(caught.exception.kind, "network")
            taken.listen()
            with self.assertRaises(dataforge.Error) as caught:
                dataforge.connect(url=f"http://127.0.0.1:{port}", token=TOKEN, timeout=0.05).wells()
            self.assertIn("in time", caught.exception.message)

    @bare
    def test_a_result_is_read_once_and_can_be_given_up(self):
        with FakeNode({("POST", "/v1/sql"): chunks([b"[]"], JSON, ends=True)}) as node:
            with connect(node).sql("select 1") as result:
                pass
            with self.assertRaises(dataforge.Error) as caught:
                result.rows()
        self.assertEqual(caught.exception.kind, "usage")

    def test_a_token_that_is_none_is_refused_before_anything_is_asked(self):
        with FakeNode({}) as node:
            for token in ["", "x", TOKEN + "\r\nX-Other: 1"]:
                with self.assertRaises(dataforge.Error):
                    dataforge.connect(url=node.url, token=token)
            self.assertEqual(node.seen, [])


class Deriving(unittest.TestCase):
    REPLY = {"api": 1, "reply": "derived", "run": "ef" * 32, "outcome": "derived", "blob": "01" * 32, "warnings": ["w"]}

    def derive(self, db, frame, **more):
        options = {"well": "North 1", "name": "Vshale", "sources": ["abab:GR", "cdcd"], "tool": "t", "version": "1"}
        return db.derive(frame, **{**options, **more})

    def test_a_frame_that_cannot_say_it_itself_says_it_in_the_address(self):
        class DataFrame:
            def write_ipc_stream(self, file):
                file.write(b"arrow")

        DataFrame.__module__ = "polars.dataframe.frame"
        with FakeNode({("POST", "/v1/runs"): tell(self.REPLY, 201)}) as node:
            with mock.patch("dataforge._frame.installed", lambda package: False):
                made = self.derive(
                    connect(node, workspace="Field"),
                    DataFrame(),
                    parameters={"b": 1, "a": [None, 2.5]},
                    units={"VSH": "v/v"},
                    index_unit="m",
                )
                with self.assertRaises(dataforge.Error) as caught:
                    self.derive(connect(node), DataFrame(), description="x" * 20_000)
            (seen,) = node.seen
        self.assertIn("pyarrow", caught.exception.hint)
        self.assertEqual((made.run, made.outcome, made.warnings), ("ef" * 32, "derived", ["w"]))
        self.assertEqual(seen.body, b"arrow")
        self.assertEqual(seen.headers["X-DataForge"], "1")
        self.assertEqual(seen.headers["Content-Type"], "application/vnd.apache.arrow.stream")
        self.assertEqual(
            parse_qs(urlsplit(seen.target).query),
            {
                "workspace": ["Field"],
                "well": ["North 1"],
                "name": ["Vshale"],
                "from": ["abab:GR", "cdcd"],
                "tool": ["t"],
                "version": ["1"],
                "parameters": ['{"a": [null, 2.5], "b": 1}'],
                "unit": ["VSH=v/v"],
                "index_unit": ["m"],
            },
        )

    def test_what_is_no_frame_or_no_json_is_refused_here(self):
        with FakeNode({}) as node:
            db = connect(node)
            with self.assertRaises(dataforge.Error):
                self.derive(db, "frame.parquet")
            with self.assertRaises(dataforge.Error):
                self.derive(db, {"DEPT": [1.0]}, parameters={"a": float("inf")})
            self.assertEqual(node.seen, [])


class Runs(unittest.TestCase):
    def find(self, named):
        others = [{**RUN, "id": "ac" * 32, "short": "acacacacac", "name": "repeat", "source": "north-2.las"}]
        with FakeNode({("GET", "/v1/runs"): tell({"runs": [RUN, *others]})}) as node:
            return connect(node)._find(named)["id"]

    def test_a_run_is_found_by_id_name_source_and_the_start_of_its_id(self):
        for named in ["ab" * 32, "AB" * 32, "main", "north-1.las", "abab"]:
            self.assertEqual(self.find(named), RUN["id"], named)
        for named in ["ab", "nothing", "' or 1"]:
            with self.assertRaises(dataforge.Error, msg=named):
                self.find(named)


if __name__ == "__main__":
    unittest.main()
