//! Catalogs, schemas, tables and keys.
//!
//! All of it is what the engine says in `information_schema`, by the names that SQL takes, so that a tool that
//! puts a statement together of what it was shown gets an answer.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow_flight::error::FlightError;
use arrow_flight::sql::{CommandGetDbSchemas, CommandGetTables};
use dataforge_node::{Node, Question};
use futures::StreamExt as _;
use tonic::Status;

use super::{status, wire};

/// Every table with where it is.
const TABLES: &str = "select table_catalog, table_schema, table_name, table_type from information_schema.tables";

/// The schema that describes the others.
const DESCRIBING: &str = "information_schema";

/// The kinds of tables.
pub(super) const TABLE_TYPES: [&str; 2] = ["TABLE", "VIEW"];

/// A table by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) catalog: String,
    pub(super) schema: String,
    pub(super) name: String,
    /// One of [`TABLE_TYPES`].
    kind: &'static str,
}

impl Table {
    /// Returns the statement that reads all of it.
    fn all(&self) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        format!("select * from {}.{}.{}", quoted(&self.catalog), quoted(&self.schema), quoted(&self.name))
    }
}

/// Returns all tables of a workspace.
pub(super) async fn tables(node: &Node, workspace: Option<&str>) -> Result<Vec<Table>, Status> {
    let mut batches = node.ask(workspace, Question::from(TABLES)).await.map_err(|error| status::of(&error))?;
    let mut tables = Vec::new();
    while let Some(batch) = batches.next().await {
        read(&batch.map_err(|error| status::of_query(&error))?, &mut tables)?;
    }
    Ok(tables)
}

fn read(batch: &RecordBatch, tables: &mut Vec<Table>) -> Result<(), Status> {
    let columns: Vec<ArrayRef> = batch
        .columns()
        .iter()
        .map(|column| cast(column, &DataType::Utf8))
        .collect::<Result<_, _>>()
        .map_err(|error| status::internal(&error))?;
    let text = |column: usize, row: usize| {
        let column = columns.get(column).map(|column| column.as_string::<i32>());
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row)).unwrap_or_default()
    };
    tables.extend((0..batch.num_rows()).map(|row| Table {
        catalog: text(0, row).to_owned(),
        schema: text(1, row).to_owned(),
        name: text(2, row).to_owned(),
        // The engine says BASE TABLE, the drivers look for TABLE.
        kind: if text(3, row) == "VIEW" { "VIEW" } else { "TABLE" },
    }));
    Ok(())
}

/// Returns the names of the catalogs, each once.
pub(super) fn catalogs(tables: &[Table]) -> Vec<String> {
    let mut catalogs: Vec<String> = tables.iter().map(|table| table.catalog.clone()).collect();
    catalogs.sort_unstable();
    catalogs.dedup();
    catalogs
}

/// Returns the catalog and the schema in which names without either are looked up.
pub(super) async fn home(node: &Node, workspace: Option<&str>) -> Result<(String, String), Status> {
    let tables = tables(node, workspace).await?;
    let own = own_schema(node, workspace).await;
    let is_own = |schema: &str| own.as_ref().map_or(schema != DESCRIBING, |own| schema == own);
    let table = tables.into_iter().find(|table| is_own(&table.schema));
    let table = table.ok_or_else(|| Status::not_found("the workspace has no tables"))?;
    Ok((table.catalog, table.schema))
}

/// Returns what the engine calls the schema of a workspace; none where it has one only and does not say.
async fn own_schema(node: &Node, workspace: Option<&str>) -> Option<String> {
    let mut batches = node.ask(workspace, Question::from("select current_schema()")).await.ok()?;
    let batch = batches.next().await?.ok()?;
    let column = cast(batch.columns().first()?, &DataType::Utf8).ok()?;
    let column = column.as_string::<i32>();
    column.iter().next()?.map(str::to_owned)
}

/// Answers `GetDbSchemas`.
pub(super) fn schemas(command: CommandGetDbSchemas, tables: &[Table]) -> Result<RecordBatch, FlightError> {
    let mut names: Vec<(&str, &str)> =
        tables.iter().map(|table| (table.catalog.as_str(), table.schema.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let mut builder = command.into_builder();
    for (catalog, schema) in names {
        builder.append(catalog, schema);
    }
    builder.build()
}

/// Answers `GetTables`. Only what is asked for is described.
pub(super) async fn list(
    node: &Node,
    workspace: Option<&str>,
    command: CommandGetTables,
) -> Result<RecordBatch, Status> {
    let mut tables = tables(node, workspace).await?;
    let none = Arc::new(Schema::empty());
    let undescribed = vec![none; tables.len()];
    if !command.include_schema {
        return build(command, &tables, &undescribed).map_err(Status::from);
    }
    let names = CommandGetTables { include_schema: false, ..command.clone() };
    let wanted = build(names, &tables, &undescribed).map_err(Status::from)?;
    let mut kept = Vec::new();
    read(&wanted, &mut kept)?;
    tables.retain(|table| kept.contains(table));
    let mut schemas = Vec::with_capacity(tables.len());
    for table in &tables {
        let described = node.describe(workspace, &table.all()).await.map_err(|error| status::of(&error))?;
        schemas.push(wire::schema(&described.schema));
    }
    build(command, &tables, &schemas).map_err(Status::from)
}

fn build(command: CommandGetTables, tables: &[Table], schemas: &[SchemaRef]) -> Result<RecordBatch, FlightError> {
    let mut builder = command.into_builder();
    for (table, schema) in tables.iter().zip(schemas) {
        builder.append(&table.catalog, &table.schema, &table.name, table.kind, schema)?;
    }
    builder.build()
}

/// Returns the answer to `GetPrimaryKeys`: there are none.
pub(super) fn primary_keys() -> RecordBatch {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    RecordBatch::new_empty(Arc::new(Schema::new(vec![
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("column_name", false),
        text("key_name", true),
        Field::new("key_sequence", DataType::Int32, false),
    ])))
}

/// Returns the answer to `GetExportedKeys`, `GetImportedKeys` and `GetCrossReference`: there are none.
pub(super) fn foreign_keys() -> RecordBatch {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    RecordBatch::new_empty(Arc::new(Schema::new(vec![
        text("pk_catalog_name", true),
        text("pk_db_schema_name", true),
        text("pk_table_name", false),
        text("pk_column_name", false),
        text("fk_catalog_name", true),
        text("fk_db_schema_name", true),
        text("fk_table_name", false),
        text("fk_column_name", false),
        Field::new("key_sequence", DataType::Int32, false),
        text("fk_key_name", true),
        text("pk_key_name", true),
        Field::new("update_rule", DataType::UInt8, false),
        Field::new("delete_rule", DataType::UInt8, false),
    ])))
}
