"""Python's own HTTP client, from the statement to the rows: every format, and who is turned away."""

import http.client
import io
import json
import urllib.parse

import pyarrow
import pyarrow.parquet

from common import WELL, given, tell

client = given()
SQL = "select well, curve, depth_m, value from samples where well = 'Well 0001' order by run, curve, index_value"


def ask(method, path, token=client["token"], body=None, **headers):
    connection = http.client.HTTPConnection(client["http"], timeout=120)
    try:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, body=body, headers={**shown, **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def sql(format, statement=SQL):
    status, _, body = ask("GET", "/v1/sql?" + urllib.parse.urlencode({"q": statement, "format": format}))
    assert status == 200, (format, status, body)
    return body


rows = json.loads(sql("json"))
with pyarrow.ipc.open_stream(sql("arrow")) as stream:
    arrow = stream.read_all().to_pylist()
parquet = pyarrow.parquet.read_table(io.BytesIO(sql("parquet"))).to_pylist()
csv = sql("csv").decode().splitlines()
posted = ask("POST", "/v1/sql", body=json.dumps({
    "sql": "select count(*) as n from samples where well = $1 and depth_m < $2", "parameters": [WELL, 1100.0],
}), **{"Content-Type": "application/json"})
bad = ask("GET", "/v1/sql?" + urllib.parse.urlencode({"q": "select nmae from wells"}))
one = ask("GET", f"/v1/runs/{client['run']}.parquet")[2]
part = ask("GET", f"/v1/runs/{client['run']}.parquet", Range="bytes=-8")
tell(
    rows=rows,
    same=[rows == arrow, rows == parquet, len(csv) == len(rows) + 1],
    posted=[posted[0], json.loads(posted[2])],
    bad=[bad[0], json.loads(bad[2])["error"]],
    part=[part[0], part[1].get("content-range") or part[1].get("Content-Range"), part[2] == one[-8:]],
    magic=one[:4] == b"PAR1" == one[-4:],
    no_token=ask("GET", "/v1/sql?q=select+1", token=None)[0],
    wrong=ask("GET", "/v1/sql?q=select+1", token=client["wrong"])[0],
    elsewhere=ask("GET", "/v1/sql?q=select+1", Host="attacker.example")[0],
    page=ask("GET", "/v1/sql?q=select+1", Origin="https://attacker.example")[0],
)
