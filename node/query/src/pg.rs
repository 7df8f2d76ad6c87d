//! PostgreSQL's catalogue, for clients that look for tables and columns there.
//!
//! Four parts, none of which a plain query meets:
//!
//! - a schema `pg_catalog` beside the workspace's own: its tables of relations, columns and
//!   types are made from the schemas that are there, those of indexes, constraints, triggers and the like
//!   are empty, because there are none;
//! - [`rewrite`], which puts what the SQL of those clients has and the engine has not into terms that it has:
//!   functions of the catalogue become what they give here, `::regclass` becomes a number, and a query over
//!   a table that is always empty becomes one without rows;
//! - the tables of `information_schema` that name schemas, where the workspace's own is `public` too;
//! - [`concerns`], which says whether a statement has anything of the kind. Others stay as they are.

mod described;
mod empty;
mod functions;
mod names;
mod oids;
mod rewriting;
mod tables;

use std::collections::BTreeMap;

pub(crate) use self::tables::{PgSchema, PgTable};
use crate::check;
use crate::limits::Limits;

/// The one user there is.
const USER: &str = "dataforge";

/// Stack for reading a statement: its tree is as deep as the limits of the text allow.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Parts of a statement that can concern the catalogue, in lower case.
const MARKS: &[&str] = &[
    "pg_",
    "information_schema",
    "current_",
    "session_user",
    "version(",
    "::reg",
    "operator(",
    "collate",
    "set_config",
    "_privilege(",
    "format_type",
    "description(",
    "quote_ident",
    "any(",
    "any (",
    "all(",
    "all (",
    " e'",
    "=e'",
    "(e'",
    ",e'",
];

/// What a client's session is, as far as its catalogue says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The name of the workspace.
    pub database: String,
    /// The names of all workspaces.
    pub databases: Vec<String>,
    /// The settings of the session.
    pub settings: BTreeMap<String, String>,
}

/// Whether a statement may have something that [`rewrite`] puts into other terms.
#[must_use]
pub fn concerns(sql: &str) -> bool {
    let lower = sql.to_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// Puts what a statement asks of PostgreSQL's catalogue into terms of the engine.
///
/// A statement that cannot be read, or has nothing of the kind, comes back as it is; the engine says what is
/// wrong with it. It blocks for the short time that reading takes.
#[must_use]
pub fn rewrite(sql: &str, context: &Context) -> String {
    // What the engine would refuse for its size is not read here either.
    if check::text(sql, &Limits::default()).is_err() {
        return sql.to_owned();
    }
    let rewritten = std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name("dataforge-pg".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || rewriting::rewrite(sql, context));
        // A thread that cannot be had leaves the statement as it is.
        reader.ok().and_then(|reader| reader.join().ok()).flatten()
    });
    rewritten.unwrap_or_else(|| sql.to_owned())
}
