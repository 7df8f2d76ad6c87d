//! `dataforge query`.

use std::io::{IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dataforge_node::api::{API_VERSION, ApiError, ErrorKind, OutputFormat, QueryLimits, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{self, Human as _, bytes, clean, plural};

/// Longest statement read from standard input.
const MAX_SQL: u64 = 1 << 20;

/// Runs a read-only SQL statement over wells, runs, curves, members, entries, samples and run('ID').
///
/// The statement "show tables" lists all tables. Those of another workspace held here are named with it:
/// select * from "North Field".wells
#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The statement; - reads it from standard input
    sql: String,
    /// Format of the result; with --out its file name decides, else it is a table
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the result to a file, which appears whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long, requires = "out")]
    force: bool,
    /// Read only what is held here; a query that needs more fails and says who holds it
    #[arg(long)]
    local_only: bool,
    /// Bytes that may be taken from peers; a query that needs more fails
    #[arg(long, value_name = "BYTES", conflicts_with = "local_only")]
    remote_bytes: Option<u64>,
    /// Rows that the result may have; with more the query fails
    #[arg(long, value_name = "ROWS")]
    max_rows: Option<u64>,
    /// Bytes that the result may have; with more the query fails
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,
}

/// Format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text table for people
    Table,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// Comma-separated values with all text as it is
    CsvRaw,
    /// Excel workbook
    Xlsx,
    /// One JSON array of objects
    Json,
    /// Parquet file
    Parquet,
    /// Arrow IPC stream
    Arrow,
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Csv => Self::Csv,
            Format::CsvRaw => Self::CsvRaw,
            Format::Xlsx => Self::Xlsx,
            Format::Json => Self::Json,
            Format::Parquet => Self::Parquet,
            Format::Arrow => Self::Arrow,
        }
    }
}

impl Query {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let sql = statement(self.sql)?;
        let format = choose(self.format, self.out.as_deref(), context.json, std::io::stdout().is_terminal())?;
        let limits = QueryLimits {
            local_only: self.local_only,
            remote_bytes: self.remote_bytes,
            rows: self.max_rows,
            bytes: self.max_bytes,
        };
        let request = Request::Query { workspace: context.workspace.clone(), sql, format: format.into(), limits };
        match &self.out {
            Some(path) => into_file(context, request, path, self.force).await,
            None if context.json => into_object(context, request).await,
            None => into_stdout(context, request).await,
        }
    }
}

fn statement(sql: String) -> Result<String, Failure> {
    if sql != "-" {
        return Ok(sql);
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_SQL + 1).read_to_string(&mut text);
    read.map_err(|error| {
        Failure::Api(ApiError::new(ErrorKind::Input, format!("the statement cannot be read: {error}")))
    })?;
    if text.len() as u64 > MAX_SQL {
        return Err(Failure::usage(format!("the statement has more than {MAX_SQL} bytes"), "send a shorter one"));
    }
    Ok(text)
}

/// Chooses the format from what was asked for and where the result goes.
fn choose(asked: Option<Format>, out: Option<&Path>, json: bool, terminal: bool) -> Result<Format, Failure> {
    let Some(path) = out else {
        return match asked {
            None if json => Ok(Format::Json),
            None => Ok(Format::Table),
            Some(format) if json && format != Format::Json => Err(Failure::usage(
                "--json prints the rows as JSON",
                "leave out --format, or write to a file with --out",
            )),
            Some(Format::Xlsx | Format::Parquet | Format::Arrow) if terminal => {
                Err(Failure::usage("this format is not for a terminal", "write to a file with --out, or into a pipe"))
            }
            Some(format) => Ok(format),
        };
    };
    let named = match path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).as_deref() {
        Some("csv") => Some(Format::Csv),
        Some("xlsx") => Some(Format::Xlsx),
        Some("json") => Some(Format::Json),
        Some("parquet") => Some(Format::Parquet),
        Some("arrow" | "arrows") => Some(Format::Arrow),
        Some("txt") => Some(Format::Table),
        _ => None,
    };
    let unknown = || {
        Failure::usage(
            format!("{} does not say which format", path.display()),
            "add --format, or a name that ends in .csv, .xlsx, .json, .parquet, .arrow or .txt",
        )
    };
    asked.or(named).ok_or_else(unknown)
}

/// Sends a request whose data becomes a file, and prints the reply.
pub(super) async fn into_file(context: &Context, request: Request, path: &Path, force: bool) -> Result<(), Failure> {
    let mut file = OutFile::create(path, force)?;
    let reply = context.call_into(request, &mut file).await?;
    let path = file.finish()?;
    if context.json {
        return context.show(&reply);
    }
    match reply {
        Reply::Query { rows, bytes: size } if !context.quiet => {
            let path = clean(&path.display().to_string());
            output::write_text(&format!("{}, {} in {path}", plural(rows, "row"), bytes(size)))
        }
        Reply::Samples(reply) if !context.quiet => {
            output::write_text(&format!("{} in {}", reply.human(), clean(&path.display().to_string())))
        }
        _ => Ok(()),
    }
}

async fn into_stdout(context: &Context, request: Request) -> Result<(), Failure> {
    context.call_into(request, &mut std::io::stdout()).await?;
    output::write(&[])
}

/// Prints one object with the rows in it, as they come: `{"api":…,"reply":"query","data":[…],"rows":…,"bytes":…}`.
async fn into_object(context: &Context, request: Request) -> Result<(), Failure> {
    let mut object = Object { to: std::io::stdout(), started: false };
    let reply = context.call_into(request, &mut object).await?;
    let Reply::Query { rows, bytes } = reply else { return context.show(&reply) };
    object.end(rows, bytes).map_err(Failure::from_output)
}

/// Wraps an array that is streamed into an object. An error before the first byte leaves nothing
/// behind.
struct Object<W> {
    to: W,
    started: bool,
}

impl<W: Write> Object<W> {
    fn end(&mut self, rows: u64, bytes: u64) -> std::io::Result<()> {
        if !self.started {
            self.write_all(b"[]")?;
        }
        writeln!(self.to, ",\"rows\":{rows},\"bytes\":{bytes}}}")?;
        self.to.flush()
    }
}

impl<W: Write> Write for Object<W> {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        if !self.started && !data.is_empty() {
            write!(self.to, "{{\"api\":{API_VERSION},\"reply\":\"query\",\"data\":")?;
            self.started = true;
        }
        self.to.write(data)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_the_file_name_unless_it_is_given() {
        let file = |name: &'static str| Some(Path::new(name));
        assert_eq!(choose(None, None, false, true).unwrap(), Format::Table);
        assert_eq!(choose(None, None, true, true).unwrap(), Format::Json);
        assert_eq!(choose(None, file("a.CSV"), false, true).unwrap(), Format::Csv);
        assert_eq!(choose(None, file("a.parquet"), true, true).unwrap(), Format::Parquet);
        assert_eq!(choose(None, file("a.xlsx"), false, true).unwrap(), Format::Xlsx);
        assert_eq!(choose(Some(Format::Arrow), file("a.csv"), false, true).unwrap(), Format::Arrow);
        assert_eq!(choose(Some(Format::Parquet), None, false, false).unwrap(), Format::Parquet);
        for refused in [
            choose(Some(Format::Parquet), None, false, true),
            choose(Some(Format::Arrow), None, false, true),
            choose(Some(Format::Xlsx), None, false, true),
            choose(Some(Format::Csv), None, true, false),
            choose(None, file("result"), false, false),
        ] {
            assert!(
                matches!(refused, Err(Failure::Api(error)) if error.kind == ErrorKind::Usage && error.hint.is_some())
            );
        }
    }

    #[test]
    fn rows_come_as_one_object() {
        for (parts, data) in [(&["[{\"a\":1},", "{\"a\":2}]\n"][..], 2), (&[], 0)] {
            let mut object = Object { to: Vec::new(), started: false };
            for part in parts {
                object.write_all(part.as_bytes()).unwrap();
            }
            object.end(2, 9).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&object.to).unwrap();
            assert_eq!(
                (value["data"].as_array().unwrap().len(), &value["rows"], &value["reply"]),
                (data, &2.into(), &"query".into())
            );
        }
    }
}
