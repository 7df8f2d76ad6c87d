//! The committed queries, in the node's words and in DuckDB's, and the program that asks DuckDB.
//!
//! `tests/suite/queries/NN_name.sql` is for the node; `NN_name.duckdb.sql` beside it is for DuckDB where
//! its dialect or its tables differ. DuckDB reads the very Parquet files that the node has, and the
//! metadata as the node gives it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::field::{TOP_M, well_name};
use crate::program::Place;
use crate::python;

/// Tables of metadata that DuckDB gets.
const TABLES: [&str; 4] = ["wells", "runs", "curves", "tops"];
/// The well whose run is looked at closely, of those of [`crate::field`]: one without a gap in its index.
const WELL: u32 = 1;
/// Metres below [`TOP_M`] of the window of depth.
const WINDOW_M: (f64, f64) = (50.0, 90.0);
/// Largest relative difference of two numbers that is none.
pub const TOLERANCE: f64 = 1e-12;

/// A query in both dialects.
#[derive(Debug, Clone)]
pub struct Pair {
    /// `NN_name`.
    pub name: String,
    /// For the node.
    pub node: String,
    /// For DuckDB.
    pub duckdb: String,
}

/// A run in metres of the field.
#[derive(Debug, Clone)]
pub struct Run {
    /// Name of its well.
    pub well: String,
    /// Full id.
    pub id: String,
    /// Hash of its table.
    pub blob: String,
}

/// Returns the runs in metres of a field, by well.
///
/// # Panics
/// When the place holds none.
#[must_use]
pub fn runs(place: &Place) -> Vec<Run> {
    let sql = "select well, run_id, blob from runs where kind = 'log' and index_kind = 'depth' \
               and lower(index_unit) = 'm' order by well, run_id";
    let reply = place.json(&["query", sql]);
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_owned();
    let rows = reply["data"].as_array().expect("rows").iter();
    rows.map(|row| Run { well: text(row, "well"), id: text(row, "run_id"), blob: text(row, "blob") }).collect()
}

/// The committed queries over one place.
#[derive(Debug)]
pub struct Committed {
    /// All of them, in order.
    pub pairs: Vec<Pair>,
    blobs: PathBuf,
    dir: PathBuf,
}

impl Committed {
    /// Reads the queries, and writes for DuckDB what it needs of a place that holds a field into `dir`.
    ///
    /// # Panics
    /// When that cannot be done.
    #[must_use]
    pub fn prepare(place: &Place, dir: &Path) -> Self {
        std::fs::create_dir_all(dir).expect("a directory");
        for table in TABLES {
            let written = answer(place, &format!("select * from {table}"), &dir.join(format!("{table}.parquet")));
            written.expect("a table of metadata");
        }
        let blobs = place.path().join("blobs/data");
        let well = well_name(WELL);
        let run = runs(place).into_iter().find(|run| run.well == well).expect("a run of that well");
        let file = blobs.join(format!("{}.data", run.blob));
        let blanks = [
            ("{well}", well),
            ("{run}", run.id),
            ("{file}", file.to_str().expect("a path in UTF-8").replace('\'', "''")),
            ("{top}", (TOP_M + WINDOW_M.0).to_string()),
            ("{base}", (TOP_M + WINDOW_M.1).to_string()),
        ];
        let fill = |text: String| blanks.iter().fold(text, |text, (blank, with)| text.replace(blank, with));
        let pairs =
            read().into_iter().map(|pair| Pair { node: fill(pair.node), duckdb: fill(pair.duckdb), name: pair.name });
        Self { pairs: pairs.collect(), blobs, dir: dir.to_owned() }
    }

    /// Writes what the node answers to each, for a comparison; returns what it says of those it refuses.
    pub fn answer(&self, place: &Place) -> Vec<String> {
        let answers = self.pairs.iter().map(|pair| {
            answer(place, &pair.node, &self.answer_file(pair)).map_err(|said| format!("{}: {said}", pair.name))
        });
        answers.filter_map(Result::err).collect()
    }

    fn answer_file(&self, pair: &Pair) -> PathBuf {
        self.dir.join(format!("{}.arrow", pair.name))
    }

    /// Asks DuckDB all of them, each once and then `repeat` times; with `threads`, or as many as it likes.
    /// Compares with the answers that were written.
    ///
    /// # Errors
    /// What it said when it failed.
    pub fn ask_duckdb(&self, python: &Path, repeat: usize, threads: Option<usize>) -> Result<Value, String> {
        let queries = self.pairs.iter().map(|pair| {
            let answer = self.answer_file(pair);
            json!({"name": pair.name, "sql": pair.duckdb, "answer": answer.exists().then_some(answer)})
        });
        let plan = json!({
            "tables": self.dir, "blobs": self.blobs, "queries": queries.collect::<Vec<_>>(), "repeat": repeat,
            "threads": threads,
        });
        let path = self.dir.join("plan.json");
        std::fs::write(&path, plan.to_string()).map_err(|error| error.to_string())?;
        let mut command = python::command(python, &python::script("queries/compare.py"));
        command.arg(path);
        python::run(command)
    }
}

/// Writes the answer to a statement; the file's name decides its format.
fn answer(place: &Place, sql: &str, out: &Path) -> Result<(), String> {
    // A statement may begin with a comment, which looks like an option.
    let output = place.run(["query", "--force", "--out", out.to_str().expect("a path in UTF-8"), "--", sql]);
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// Reads all pairs, with their blanks.
fn read() -> Vec<Pair> {
    let dir = python::script("queries");
    let entries = std::fs::read_dir(&dir).expect("the committed queries");
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names
        .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
        .filter(|name| !name.ends_with(".duckdb"))
        .collect();
    names.sort();
    let text = |name: &str| std::fs::read_to_string(dir.join(name));
    let pair = |name: String| {
        let node = text(&format!("{name}.sql")).expect("a query");
        let duckdb = text(&format!("{name}.duckdb.sql")).unwrap_or_else(|_same| node.clone());
        Pair { name, node, duckdb }
    };
    names.into_iter().map(pair).collect()
}
