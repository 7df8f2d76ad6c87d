//! One connection's state, and what it answers to a statement.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataforge_node::api::{Reply, Request};
use dataforge_node::{Question, ScalarValue, pg};
use futures::stream;
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldInfo, QueryResponse};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::response::TransactionStatus;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::command::{Command, classify};
use super::errors::{
    BAD_SETTING, INTERNAL, LIMIT, NO_CURSOR, NO_DATABASE, SYNTAX, error, fatal, node as node_error, refused,
};
use super::prepared::{Columns, Prepared, columns_of};
use super::rows::{Rows, Stop, all, some, texts};
use super::settings::Settings;
use super::split::{Statement, split};
use crate::shared::Shared;

/// Cursors of one connection. Each holds one of the few places of the engine.
const MAX_CURSORS: usize = 2;

/// What a statement gives.
#[derive(Debug)]
pub(super) enum Answer {
    /// Rows.
    Rows(QueryResponse),
    /// Nothing but that it is done.
    Done(Done),
}

/// A statement that is done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) tag: String,
    /// The transaction afterwards, when it changes.
    pub(super) transaction: Option<TransactionStatus>,
    /// Prepared statements to forget.
    pub(super) forget: Forget,
    /// A setting the client is told of.
    pub(super) told: Option<(String, String)>,
}

/// What the protocol's part forgets after a statement.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Forget {
    /// Nothing.
    #[default]
    Nothing,
    /// The portals of a transaction.
    Portals,
    /// One prepared statement.
    Statement(String),
    /// All prepared statements.
    Statements,
}

impl Done {
    fn tagged(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), ..Self::default() }
    }
}

/// Where a connection is.
#[derive(Debug, Default)]
struct Place {
    /// The workspace's id; none until the client has shown who it is.
    workspace: Option<String>,
    /// Its name.
    database: String,
    /// The names of all workspaces here.
    databases: Vec<String>,
    settings: Settings,
    cursors: BTreeMap<String, Cursor>,
}

/// A cursor: rows of a query, and how they look.
#[derive(Debug, Clone)]
struct Cursor {
    rows: Arc<tokio::sync::Mutex<Rows>>,
    columns: Columns,
    holds: bool,
}

/// One connection's state.
#[derive(Debug)]
pub(super) struct Session {
    shared: Arc<Shared>,
    place: Mutex<Place>,
    /// Changes when the client asks to stop.
    asked: watch::Sender<u64>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, place: Mutex::default(), asked: watch::Sender::new(0) }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client has shown who it is.
    pub(super) fn is_open(&self) -> bool {
        self.place().workspace.is_some()
    }

    /// Returns what asks the running statement to stop.
    pub(super) fn stopper(&self) -> watch::Sender<u64> {
        self.asked.clone()
    }

    /// Chooses the workspace that is meant by the name of a database, and opens the connection.
    ///
    /// # Errors
    /// A name that says not which of several is meant.
    pub(super) async fn open(&self, database: &str, options: Vec<(String, String)>) -> PgWireResult<()> {
        let (out, _heard) = mpsc::channel(1);
        let reply =
            Box::pin(self.shared.node.call(Request::Workspaces, out)).await.map_err(|failure| node_error(&failure))?;
        let Reply::Workspaces { workspaces } = reply else {
            return Err(fatal(INTERNAL, "the node does not say which workspaces it has"));
        };
        let named: Vec<_> = workspaces.iter().filter(|known| known.name == database || known.id == database).collect();
        let listed = || workspaces.iter().map(|known| known.name.as_str()).collect::<Vec<_>>().join(", ");
        let chosen = match (named.as_slice(), workspaces.as_slice()) {
            ([one], _) => *one,
            ([], [only]) => only,
            (_, []) => return Err(fatal(NO_DATABASE, "there is no workspace here yet; dataforge init NAME makes one")),
            ([], _) => {
                let message = format!("database {database:?} is none of the workspaces here: {}", listed());
                return Err(fatal(NO_DATABASE, message));
            }
            _ => {
                let message = format!("several workspaces are named {database:?}; give the id of one as the database");
                return Err(fatal(NO_DATABASE, message));
            }
        };
        let mut place = self.place();
        place.settings.own.clone_from(&chosen.name);
        for (name, value) in options {
            if let Err(failure) = place.settings.set(&name, Some(&value)) {
                if name == "search_path" {
                    // It would be answered from another workspace than it asks.
                    return Err(fatal(BAD_SETTING, ErrorInfo::from(failure).message));
                }
                // What a driver asks for else at the start and cannot have is no reason to turn it away.
                tracing::debug!("a setting of a connection is left out: {failure}");
            }
        }
        place.database.clone_from(&chosen.name);
        place.databases = workspaces.iter().map(|known| known.name.clone()).collect();
        place.workspace = Some(chosen.id.clone());
        Ok(())
    }

    /// Returns what a client is told when it has connected.
    pub(super) fn told_at_start(&self) -> Vec<(String, String)> {
        self.place().settings.told_at_start()
    }

    /// Returns the columns of a cursor.
    pub(super) fn cursor_columns(&self, name: &str) -> Option<Columns> {
        self.place().cursors.get(name).map(|cursor| cursor.columns.clone())
    }

    fn stop(&self) -> Stop {
        let limit = self.place().settings.statement_timeout();
        Stop { asked: self.asked.subscribe(), deadline: limit.map(|limit| Instant::now() + limit) }
    }

    fn workspace(&self) -> PgWireResult<String> {
        self.place().workspace.clone().ok_or_else(|| fatal("28000", "say who you are first"))
    }

    /// Returns a statement as the engine takes it: with what clients ask of PostgreSQL's catalogue put in
    /// terms that are there.
    async fn translate(&self, sql: &str) -> PgWireResult<String> {
        if !pg::concerns(sql) {
            return Ok(sql.to_owned());
        }
        let context = {
            let place = self.place();
            pg::Context {
                database: place.database.clone(),
                databases: place.databases.clone(),
                settings: place.settings.all(),
            }
        };
        let text = sql.to_owned();
        let translated = tokio::task::spawn_blocking(move || pg::rewrite(&text, &context));
        translated.await.map_err(|_panicked| error(INTERNAL, "the statement cannot be read"))
    }

    /// Reads a statement that is run later, with parameters. None when it is empty.
    ///
    /// # Errors
    /// As the engine's describing, and two statements in one.
    pub(super) async fn prepare(&self, sql: &str) -> PgWireResult<Option<Prepared>> {
        let statements = split(sql);
        let [statement] = statements.as_slice() else {
            if statements.is_empty() {
                return Ok(None);
            }
            return Err(error(SYNTAX, "a prepared statement is one statement; send the others by themselves"));
        };
        let mut prepared = Prepared::new(classify(statement.text)?, *statement);
        match prepared.command.clone() {
            Command::Query => self.describe(&mut prepared).await?,
            Command::Show { name } => prepared.columns = columns_of(&[name.as_str()]),
            Command::ShowAll => prepared.columns = columns_of(&["name", "setting", "description"]),
            Command::Fetch { cursor, .. } => {
                prepared.columns = self.cursor_columns(&cursor).ok_or_else(|| unknown(&cursor))?
            }
            _ => {}
        }
        Ok(Some(prepared))
    }

    async fn describe(&self, prepared: &mut Prepared) -> PgWireResult<()> {
        let workspace = self.workspace()?;
        prepared.sql = Arc::from(self.translate(&prepared.text).await?);
        let mut stop = self.stop();
        let described = tokio::select! {
            biased;
            why = stop.wait() => return Err(why),
            described = self.shared.node.describe_typed(Some(&workspace), &prepared.sql) => described,
        };
        let described = described.map_err(|failure| refused(&failure, prepared.as_sent()))?;
        prepared.columns = Columns::of(&described.schema);
        prepared.parameters = Arc::new(described.parameters);
        Ok(())
    }

    /// Reads and runs one statement of a simple query.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub(super) async fn run_text(
        &self,
        statement: Statement<'_>,
        transaction: TransactionStatus,
    ) -> PgWireResult<Answer> {
        let mut prepared = Prepared::new(classify(statement.text)?, statement);
        if prepared.command == Command::Query {
            prepared.sql = Arc::from(self.translate(statement.text).await?);
        }
        self.run(&prepared, Vec::new(), &Format::UnifiedText, transaction).await
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// What the engine refuses, what is not given here, and all but its end in a transaction that failed.
    pub(super) async fn run(
        &self,
        prepared: &Prepared,
        parameters: Vec<ScalarValue>,
        formats: &Format,
        transaction: TransactionStatus,
    ) -> PgWireResult<Answer> {
        let ends = matches!(prepared.command, Command::End(_) | Command::RollBackTo);
        if transaction == TransactionStatus::Error && !ends {
            let message = "the transaction has failed; ROLLBACK ends it";
            return Err(error(super::errors::FAILED_TRANSACTION, message));
        }
        match &prepared.command {
            Command::Query => self.query(prepared, parameters, formats).await,
            Command::Declare { cursor, sql, holds } => {
                let Statement { text, before } = prepared.statement();
                let head = text.strip_suffix(sql.as_str()).unwrap_or_default();
                let query = Statement { text: sql, before: before + head.chars().count() };
                self.declare(cursor, query, *holds).await
            }
            Command::Fetch { cursor, rows } => self.fetch(cursor, *rows, formats),
            Command::Show { name } => {
                let value = self.place().settings.show(name)?;
                Ok(table(&columns_of(&[name.as_str()]), vec![vec![value]], formats, "SHOW"))
            }
            Command::ShowAll => {
                let settings = self.place().settings.all();
                let rows = settings.into_iter().map(|(name, value)| vec![name, value, String::new()]).collect();
                Ok(table(&columns_of(&["name", "setting", "description"]), rows, formats, "SHOW"))
            }
            other => self.change(other, transaction).map(Answer::Done),
        }
    }

    /// Does what changes the connection's state only.
    fn change(&self, command: &Command, transaction: TransactionStatus) -> PgWireResult<Done> {
        let mut place = self.place();
        Ok(match command {
            Command::Set { name, value } => {
                let tag = if value.is_some() { "SET" } else { "RESET" };
                let told = place.settings.set(name, value.as_deref())?;
                Done { told, ..Done::tagged(tag) }
            }
            Command::ResetAll => {
                place.settings.reset();
                Done::tagged("RESET")
            }
            Command::Begin(tag) => Done { transaction: Some(TransactionStatus::Transaction), ..Done::tagged(*tag) },
            Command::End(tag) => {
                place.cursors.retain(|_, cursor| cursor.holds);
                let tag = if transaction == TransactionStatus::Error { "ROLLBACK" } else { *tag };
                Done { transaction: Some(TransactionStatus::Idle), forget: Forget::Portals, ..Done::tagged(tag) }
            }
            Command::RollBackTo => {
                let after = (transaction == TransactionStatus::Error).then_some(TransactionStatus::Transaction);
                Done { transaction: after, ..Done::tagged("ROLLBACK") }
            }
            Command::Deallocate { name } => {
                let forget = name.clone().map_or(Forget::Statements, Forget::Statement);
                Done { forget, ..Done::tagged(if name.is_some() { "DEALLOCATE" } else { "DEALLOCATE ALL" }) }
            }
            Command::DiscardAll => {
                place.settings.reset();
                place.cursors.clear();
                Done { forget: Forget::Statements, ..Done::tagged("DISCARD ALL") }
            }
            Command::Close { cursor: Some(name) } => {
                place.cursors.remove(name).ok_or_else(|| unknown(name))?;
                Done::tagged("CLOSE CURSOR")
            }
            Command::Close { cursor: None } => {
                place.cursors.clear();
                Done::tagged("CLOSE CURSOR ALL")
            }
            Command::Nothing(tag) => Done::tagged(*tag),
            // These give rows.
            Command::Query
            | Command::Show { .. }
            | Command::ShowAll
            | Command::Declare { .. }
            | Command::Fetch { .. } => return Err(error(INTERNAL, "the statement is none that only changes a state")),
        })
    }

    /// Puts a statement to the engine.
    async fn ask(&self, prepared: &Prepared, parameters: Vec<ScalarValue>) -> PgWireResult<(Rows, Columns)> {
        let workspace = self.workspace()?;
        let question = Question { sql: prepared.sql.to_string(), parameters, ..Question::default() };
        let mut stop = self.stop();
        let stream = tokio::select! {
            biased;
            why = stop.wait() => return Err(why),
            stream = self.shared.node.ask_typed(Some(&workspace), question) => stream,
        };
        let stream = stream.map_err(|failure| refused(&failure, prepared.as_sent()))?;
        // What the client was told before counts; without that, what comes.
        let columns =
            if prepared.columns.is_empty() { Columns::of(&stream.schema()) } else { prepared.columns.clone() };
        Ok((Rows::new(stream, columns.types(), stop), columns))
    }

    async fn query(&self, prepared: &Prepared, parameters: Vec<ScalarValue>, formats: &Format) -> PgWireResult<Answer> {
        let (rows, columns) = self.ask(prepared, parameters).await?;
        let fields = Arc::new(columns.fields(Some(formats)));
        Ok(Answer::Rows(QueryResponse::new(Arc::clone(&fields), all(rows, fields))))
    }

    async fn declare(&self, name: &str, query: Statement<'_>, holds: bool) -> PgWireResult<Answer> {
        {
            let place = self.place();
            if place.cursors.contains_key(name) {
                return Err(error("42P03", format!("there is a cursor {name:?} already; CLOSE it first")));
            }
            if place.cursors.len() >= MAX_CURSORS {
                return Err(error(
                    LIMIT,
                    format!("{MAX_CURSORS} cursors are open, which is the limit; CLOSE one first"),
                ));
            }
        }
        if classify(query.text)? != Command::Query {
            return Err(error(SYNTAX, "a cursor is over a query"));
        }
        let mut prepared = Prepared::new(Command::Query, query);
        prepared.sql = Arc::from(self.translate(query.text).await?);
        let (rows, columns) = self.ask(&prepared, Vec::new()).await?;
        let cursor = Cursor { rows: Arc::new(tokio::sync::Mutex::new(rows)), columns, holds };
        self.place().cursors.insert(name.to_owned(), cursor);
        Ok(Answer::Done(Done::tagged("DECLARE CURSOR")))
    }

    fn fetch(&self, name: &str, rows: Option<usize>, formats: &Format) -> PgWireResult<Answer> {
        let cursor = self.place().cursors.get(name).cloned().ok_or_else(|| unknown(name))?;
        let fields = Arc::new(cursor.columns.fields(Some(formats)));
        let busy = |_held| {
            error("55006", format!("cursor {name:?} is being fetched from; read those rows to their end first"))
        };
        let held = cursor.rows.try_lock_owned().map_err(busy)?;
        let mut response = QueryResponse::new(Arc::clone(&fields), some(held, Arc::clone(&fields), self.stop(), rows));
        response.set_command_tag("FETCH");
        Ok(Answer::Rows(response))
    }
}

fn unknown(cursor: &str) -> PgWireError {
    let message =
        format!("there is no cursor {cursor:?}; one ends with its transaction unless it is declared WITH HOLD");
    error(NO_CURSOR, message)
}

/// Returns rows of texts that are on hand.
fn table(columns: &Columns, rows: Vec<Vec<String>>, formats: &Format, tag: &str) -> Answer {
    let fields: Vec<FieldInfo> = columns.fields(Some(formats));
    let rows = rows.into_iter().map(|row| {
        let row: Vec<&str> = row.iter().map(String::as_str).collect();
        Ok(texts(&row))
    });
    let mut response = QueryResponse::new(Arc::new(fields), stream::iter(rows));
    response.set_command_tag(tag);
    debug_assert!(columns.types().iter().all(|of| *of == Type::TEXT), "texts are written as text");
    Answer::Rows(response)
}
