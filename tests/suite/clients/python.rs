//! Clients in Python: ADBC, DuckDB, the package of this project, psycopg, and Python's own HTTP.

use std::path::Path;

use dataforge_tests::las::write_las;
use dataforge_tests::program::skip;
use dataforge_tests::python::{self, command, python};
use serde_json::{Value, json};

use super::{Served, WELLS, client_file, finish, said};

/// What the statement that the scripts ask with parameters counts and adds up.
const COUNT: &str = "select count(*) as n, sum(value) as total from samples \
                     where well = 'Well 0001' and depth_m between 1050.0 and 1100.0";

/// Runs a script at a node; returns what it saw. Nothing when the Python here lacks its modules.
fn run(test: &str, script: &str, modules: &[&str]) -> Option<(Served, Value)> {
    let Some(python) = python(modules) else {
        skip(test, &format!("a Python with {}", modules.join(", ")));
        return None;
    };
    let served = Served::new();
    let told = run_at(&served, &python, script);
    Some((served, told))
}

fn run_at(served: &Served, python: &Path, script: &str) -> Value {
    let run = served.value(
        "select run_id from runs where well = 'Well 0001' and kind = 'log' and index_kind = 'depth' order by run_id limit 1",
    );
    let long = served.rows("select run_id from runs where well = 'Test 1'");
    let given = json!({
        "long": long.first().map(|row| &row["run_id"]),
        "http": served.at["http"], "postgres": served.at["postgres"], "flight": served.at["flight"],
        "token": served.token, "wrong": served.wrong_token(), "directory": served.place.path(), "run": run,
    });
    let mut command = command(python, &client_file(script));
    command.env("DATAFORGE_CLIENT", given.to_string()).env("PYTHONPATH", package());
    // Whatever says where to find a proxy has no say here.
    command.env("NO_PROXY", "*").env("no_proxy", "*");
    let output = finish(command);
    python::parse(&output).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// The Python package of this project.
fn package() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/python")
}

/// Asserts that numbers are the same, to the last bit; null is null.
fn assert_same_numbers(one: &Value, other: &[Value]) {
    let one = one.as_array().unwrap();
    assert_eq!(one.len(), other.len());
    for (row, (one, other)) in one.iter().zip(other).enumerate() {
        assert_eq!(one.as_f64().map(f64::to_bits), other.as_f64().map(f64::to_bits), "row {row}: {one} and {other}");
    }
}

/// The values of a column.
fn column(served: &Served, sql: &str) -> Vec<Value> {
    served.rows(sql).into_iter().map(|mut row| row["value"].take()).collect()
}

/// Asserts that every row is the answer to [`COUNT`].
fn assert_counted(served: &Served, rows: &Value) {
    let expected = &served.rows(COUNT)[0];
    let rows = rows.as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row[0], expected["n"], "{row}");
        assert_eq!(row[1].as_f64().map(f64::to_bits), expected["total"].as_f64().map(f64::to_bits), "{row}");
    }
}

/// Asserts that an error says some words.
fn assert_says(error: &Value, words: &[&str]) {
    let error = error.as_str().unwrap().to_lowercase();
    assert!(words.iter().any(|word| error.contains(word)), "{words:?}: {error}");
}

#[test]
fn adbc_connects_lists_prepares_and_reads_columns() {
    let modules = ["adbc_driver_flightsql.dbapi", "adbc_driver_manager", "pyarrow"];
    let Some((served, told)) = run("adbc_connects_lists_prepares_and_reads_columns", "flight.py", &modules) else {
        return;
    };
    assert_eq!(told["by_password"], WELLS);
    assert!(told["vendor"].as_str().unwrap().to_lowercase().contains("dataforge"), "{}", told["vendor"]);
    for depth in ["catalogs", "db_schemas"] {
        assert_eq!(told["depths"][depth], json!([]), "no tables at depth {depth}");
    }
    for depth in ["tables", "all"] {
        let tables = told["depths"][depth].as_array().unwrap();
        for table in ["wells", "runs", "curves", "tops", "samples"] {
            assert!(tables.contains(&table.into()), "{table} is not among {tables:?}");
        }
    }
    let of_wells = served.value(
        "select count(*) from information_schema.columns where table_name = 'wells' \
         and table_schema = (select min(table_schema) from information_schema.tables where table_name = 'wells')",
    );
    assert_eq!(told["columns_at_all"]["wells"], of_wells);
    assert_eq!(told["one"], json!({"wells": of_wells}), "only what the pattern names");
    assert!(told["kinds"].as_array().unwrap().iter().any(|kind| kind.as_str().unwrap().contains("TABLE")), "{told}");
    let schema = told["schema"].as_array().unwrap();
    assert_eq!(schema.len() as u64, of_wells.as_u64().unwrap());
    assert!(schema.contains(&json!(["top_m", "double"])), "{schema:?}");
    let sql = "select value from samples order by well, run, curve, index_value";
    let values = column(&served, sql);
    assert_eq!((told["rows"].as_u64(), told["parts"].as_u64()), (Some(values.len() as u64), Some(values.len() as u64)));
    assert_same_numbers(&told["values"], &values[..500]);
    assert_eq!(told["parameters"], 3);
    assert_eq!(told["prepared"].as_array().unwrap().len(), 4);
    assert_counted(&served, &told["prepared"]);
    assert_says(&told["unknown"], &["no_such_table", "not_found", "not found"]);
    assert_says(&told["misspelt"], &["name"]);
    assert_says(&told["changed"], &["select", "read", "unimplemented", "not allowed"]);
    assert_says(&told["stopped"], &["cancel"]);
    assert_eq!(told["after"], WELLS);
    for wrong in told["wrong"].as_array().unwrap() {
        assert_says(wrong, &["unauthenticated"]);
        assert!(!wrong.as_str().unwrap().contains(&served.token));
    }
}

#[test]
fn duckdb_reads_the_ranges_it_needs_over_http() {
    let Some(python) = python(&["duckdb", "fsspec", "pyarrow"]) else {
        return skip("duckdb_reads_the_ranges_it_needs_over_http", "a Python with duckdb, fsspec and pyarrow");
    };
    let served = Served::new();
    // A table of which a window is a small part: of a small one all is read.
    served.place.json(&["import", write_las(served.dir.path(), 1, 200_000, 8, 4).to_str().unwrap()]);
    let told = run_at(&served, &python, "duckdb_http.py");
    let rows = served.rows(
        "select blob_bytes, rows, run_id from runs where well = 'Well 0001' and index_kind = 'depth' and kind = 'log' \
         order by run_id limit 1",
    );
    let run = rows[0]["run_id"].as_str().unwrap();
    assert_eq!(told["size"], rows[0]["blob_bytes"]);
    assert_eq!((&told["status"], &told["whole_bytes"]), (&200.into(), &rows[0]["blob_bytes"]));
    let sql = format!("select count(*) as n, sum(gr) as total, min(dept) as top, max(dept) as base from run('{run}')");
    let whole = &served.rows(&sql)[0];
    let part = &served.rows(&format!(
        "select count(*) as n, sum(gr) as total from run('{run}') where dept between 1050.0 and 1060.0"
    ))[0];
    let seen: Vec<_> =
        std::iter::once(&told["seen"]).chain(told["httpfs"].is_object().then_some(&told["httpfs"])).collect();
    for seen in seen {
        for (seen, ours) in [(&seen["whole"], whole), (&seen["part"], part)] {
            for (at, ours) in ours.as_object().unwrap().values().enumerate() {
                let (theirs, ours) = (seen[at].as_f64().unwrap(), ours.as_f64().unwrap());
                // Sums of floating point depend on their order.
                assert!((theirs - ours).abs() <= 1e-12 * ours.abs(), "{at}: {seen}");
            }
        }
        assert_eq!(seen["columns"].as_array().unwrap().len(), 6, "{}", seen["columns"]);
    }
    let values = served.rows(&format!("select gr as value from run('{run}') order by dept"));
    let values: Vec<_> = values.into_iter().map(|row| json!([row["value"]])).collect();
    assert_eq!(told["sql"], Value::Array(values));
    assert_says(&told["wrong"], &["401"]);
    assert_says(&told["unknown"], &["404"]);
    let window = &told["window"];
    println!("DuckDB, window of a long run: {window}; by its own HTTP too: {}", told["httpfs"].is_object());
    assert_eq!(window["rows"], 101);
    let (read, size) = (window["bytes"].as_u64().unwrap(), window["size"].as_u64().unwrap());
    assert!(read > 0 && read * 10 <= size, "{window}");
}

#[test]
fn the_package_gives_frames_of_pandas_polars_and_pyarrow() {
    let modules = ["pandas", "polars", "pyarrow"];
    let Some((served, told)) = run("the_package_gives_frames", "frames.py", &modules) else {
        return;
    };
    assert_eq!(told["columns"], json!(["depth_m", "value"]));
    let sql = "select value from samples where well = 'Well 0001' and curve = 'GR' order by depth_m";
    let values = column(&served, sql);
    assert_eq!(told["rows"].as_u64(), Some(values.len() as u64));
    assert_same_numbers(&told["values"], &values);
    assert_same_numbers(&told["arrow"], &values);
    assert_says(&told["misspelt"], &["name"]);
    assert_says(&told["changed"], &["select", "read"]);
}

#[test]
fn psycopg_reads_text_and_binary_and_is_stopped() {
    let Some((served, told)) = run("psycopg_reads_text_and_binary", "postgres.py", &["psycopg"]) else {
        return;
    };
    let sql = "select value from samples where curve = 'RHOB' order by well, run, index_value";
    assert_same_numbers(&told["values"], &column(&served, sql));
    assert_eq!(told["same_by_cursor"], true);
    assert_counted(&served, &told["counts"]);
    // Types by PostgreSQL's own numbers: text, bigint, double precision.
    assert_eq!(told["kinds"], json!([["name", 25], ["runs", 20], ["top_m", 701]]));
    assert_eq!(told["held"], json!(["bool", "datetime"]));
    assert!(!served.place.path().join("never").exists());
    let place = &told["place"];
    assert_eq!((&place[0], &place[1]), (&"42703".into(), &"17".into()), "{place}");
    assert_eq!(told["after"], WELLS);
    assert_eq!(told["piped"], json!((1..=20).collect::<Vec<_>>()));
    assert!(!told["wrong"].as_str().unwrap().contains(&served.token));
}

#[test]
fn a_plain_http_client_gets_every_format_and_strangers_nothing() {
    let Some((served, told)) = run("a_plain_http_client_gets_every_format", "web.py", &["pyarrow.parquet"]) else {
        return;
    };
    let sql = "select well, curve, depth_m, value from samples where well = 'Well 0001' \
               order by run, curve, index_value";
    assert_eq!(told["rows"], Value::Array(served.rows(sql)));
    assert_eq!(told["same"], json!([true, true, true]));
    let counted = served.value("select count(*) from samples where well = 'Well 0001' and depth_m < 1100.0");
    assert_eq!(told["posted"], json!([200, [{"n": counted}]]));
    assert_eq!(told["bad"][0], 400);
    assert_says(&told["bad"][1]["message"], &["name"]);
    assert_eq!((&told["part"][0], &told["part"][2], &told["magic"]), (&206.into(), &true.into(), &true.into()));
    assert_eq!((&told["no_token"], &told["wrong"]), (&401.into(), &401.into()));
    for turned_away in ["elsewhere", "page"] {
        let status = told[turned_away].as_u64().unwrap();
        assert!((400..500).contains(&status), "{turned_away}: {status}");
    }
}

/// The worked example: what its page says is run as it stands.
#[test]
fn the_worked_example_writes_a_derived_run_that_everybody_sees() {
    let Some(python) = python(&["pandas", "pyarrow"]) else {
        return skip("the_worked_example", "a Python with pandas and pyarrow");
    };
    let served = Served::new();
    let count = |sql: &str| served.value(sql).as_u64().unwrap();
    let runs = || count("select count(*) from runs");
    let with_gamma_ray = count("select count(distinct run_id) from curves where property = 'gamma_ray'");
    let (before, values) = (runs(), count("select count(value) from samples where property = 'gamma_ray'"));
    for turn in ["first", "second, which is the same"] {
        let mut command = command(&python, &package().join("examples/shale_volume.py"));
        command.args(["--directory", served.place.path().to_str().unwrap()]).env("PYTHONPATH", package());
        let output = finish(command);
        assert!(output.status.success(), "{turn}: {}", said(&output));
        assert_eq!(runs(), before + with_gamma_ray, "{turn}: {}", said(&output));
        assert_eq!(count("select count(value) from samples where mnemonic = 'VSH'"), values, "{turn}");
    }
    let ends = &served.rows("select min(value) as least, max(value) as most from samples where mnemonic = 'VSH'")[0];
    // Between the cleanest and the shaliest of Larionov's equation.
    assert_eq!(ends["least"], 0.0);
    assert!((ends["most"].as_f64().unwrap() - 0.083 * (3.7_f64.exp2() - 1.0)).abs() < 1e-12, "{ends}");
    // Nothing that was there is another now.
    served.place.verify();
}
