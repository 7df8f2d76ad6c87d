//! Statements that are read once and run later, and how their results look.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use async_trait::async_trait;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldFormat, FieldInfo};
use pgwire::api::stmt::QueryParser;
use pgwire::api::{ClientInfo, Type};
use pgwire::error::{PgWireError, PgWireResult};

use super::command::Command;
use super::errors::{INTERNAL, error};
use super::split::Statement;
use super::types::{field, format_at, parameter_type, type_of};

/// The columns of a result, each with its type.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns(Arc<Vec<(String, Type)>>);

impl Columns {
    /// Returns those of a result of the engine.
    pub(super) fn of(schema: &Schema) -> Self {
        let columns = schema.fields().iter();
        Self(Arc::new(columns.map(|column| (column.name().clone(), type_of(column.data_type()))).collect()))
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns their types.
    pub(super) fn types(&self) -> Vec<Type> {
        self.0.iter().map(|(_, of)| of.clone()).collect()
    }

    /// Returns them as a client is told of them, in text when it does not say.
    pub(super) fn fields(&self, formats: Option<&Format>) -> Vec<FieldInfo> {
        let format = |at| formats.map_or(FieldFormat::Text, |formats| format_at(formats, at));
        self.0.iter().enumerate().map(|(at, (name, of))| field(name, of.clone(), format(at))).collect()
    }
}

/// Returns columns of text.
pub(super) fn columns_of(names: &[&str]) -> Columns {
    Columns(Arc::new(names.iter().map(|name| ((*name).to_owned(), Type::TEXT)).collect()))
}

/// A statement that is read and not yet run.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) command: Command,
    /// As the client sent it.
    pub(super) text: Arc<str>,
    /// Characters that the client sent before it.
    before: usize,
    /// As the engine takes it.
    pub(super) sql: Arc<str>,
    /// What it gives; empty when it gives no rows, or is not described.
    pub(super) columns: Columns,
    /// What the engine needs as `$1`, `$2` …; none where any will do.
    pub(super) parameters: Arc<Vec<Option<DataType>>>,
}

impl Prepared {
    pub(super) fn new(command: Command, statement: Statement<'_>) -> Self {
        let text: Arc<str> = Arc::from(statement.text);
        let (sql, before) = (Arc::clone(&text), statement.before);
        Self { command, sql, text, before, columns: Columns::default(), parameters: Arc::default() }
    }

    /// Returns the statement as the client sent it.
    pub(super) fn statement(&self) -> Statement<'_> {
        Statement { text: &self.text, before: self.before }
    }

    /// Returns the statement, unless the engine takes it in other terms, of which a place says nothing.
    pub(super) fn as_sent(&self) -> Option<Statement<'_>> {
        (self.sql == self.text).then(|| self.statement())
    }
}

/// Tells pgwire of statements what it passes on to clients. It reads none itself: that needs the session.
#[derive(Debug)]
pub(super) struct Described;

#[async_trait]
impl QueryParser for Described {
    type Statement = Prepared;

    async fn parse_sql<C>(
        &self,
        _client: &C,
        _sql: &str,
        _types: &[Option<Type>],
    ) -> Result<Option<Prepared>, PgWireError>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        Err(error(INTERNAL, "a statement is read by its session"))
    }

    fn get_parameter_types(&self, statement: &Prepared) -> PgWireResult<Vec<Type>> {
        Ok(statement.parameters.iter().map(|inferred| parameter_type(inferred.as_ref())).collect())
    }

    fn get_result_schema(&self, statement: &Prepared, formats: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        Ok(statement.columns.fields(formats))
    }
}
