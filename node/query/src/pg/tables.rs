//! The tables of `pg_catalog`, made anew at every scan from the schemas that are there.

mod columns;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use self::columns::{EMPTY, FILLED, Table, columns};
use super::USER;
use super::oids::{HEAP, OWNER, PG_CATALOG, TYPES, relation_oid, schema_oid, type_of, type_oid};
use crate::engine::PUBLIC;

/// Words that a client has to quote and would not know by itself: those PostgreSQL has beyond SQL's own.
const KEYWORDS: &[&str] =
    &["analyse", "analyze", "freeze", "ilike", "isnull", "limit", "notnull", "offset", "returning", "verbose"];

/// Whether a table of the catalogue never has a row.
pub(super) fn is_always_empty(name: &str) -> bool {
    EMPTY.iter().any(|(known, _)| *known == name)
}

/// Whether the catalogue has a table of this name.
pub(super) fn is_known(name: &str) -> bool {
    table_named(name).is_some()
}

fn table_named(name: &str) -> Option<&'static Table> {
    FILLED.iter().chain(EMPTY).find(|(known, _)| *known == name)
}

/// The schema of the catalogue.
#[derive(Debug)]
pub(crate) struct PgSchema {
    catalog: Weak<dyn CatalogProvider>,
    /// The schema that clients know as `public`.
    default: String,
}

impl PgSchema {
    /// Makes one that describes what a catalog holds. It does not keep that alive, which holds it.
    pub(crate) const fn new(catalog: Weak<dyn CatalogProvider>, default: String) -> Self {
        Self { catalog, default }
    }
}

#[async_trait]
impl SchemaProvider for PgSchema {
    fn table_names(&self) -> Vec<String> {
        FILLED.iter().chain(EMPTY).map(|(name, _)| (*name).to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(table) = table_named(name) else { return Ok(None) };
        let (catalog, default) = (Weak::clone(&self.catalog), self.default.clone());
        let table = PgTable { name: table.0, schema: schema_of(table), catalog, default };
        Ok(Some(Arc::new(table)))
    }

    fn table_exist(&self, name: &str) -> bool {
        is_known(name)
    }
}

fn schema_of(table: &Table) -> SchemaRef {
    let fields = columns(table).map(|(name, data_type)| Field::new(name, data_type, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// One table of the catalogue.
#[derive(Debug)]
pub(crate) struct PgTable {
    name: &'static str,
    schema: SchemaRef,
    catalog: Weak<dyn CatalogProvider>,
    default: String,
}

#[async_trait]
impl TableProvider for PgTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self.rows().await?;
        let batch = batch(&self.schema, &rows)?;
        let plan = MemorySourceConfig::try_new_exec(&[vec![batch]], self.schema(), projection.cloned())?;
        Ok(plan)
    }
}

impl PgTable {
    async fn rows(&self) -> Result<Vec<Row>> {
        Ok(match self.name {
            "pg_class" => self.relations().await?.iter().map(class).collect(),
            "pg_tables" => self.relations().await?.iter().filter(|relation| !relation.view).map(table).collect(),
            "pg_attribute" => self.relations().await?.iter().flat_map(attributes).collect(),
            "pg_namespace" => self.schemas().iter().map(|name| namespace(name)).collect(),
            "pg_type" => TYPES.iter().map(pg_type).collect(),
            "pg_am" => vec![Row::new().int("oid", HEAP).text("amname", "heap").text("amtype", "t")],
            "pg_roles" | "pg_user" | "pg_authid" => vec![role()],
            "pg_tablespace" => {
                vec![Row::new().int("oid", 1_663).text("spcname", "pg_default").int("spcowner", OWNER)]
            }
            "pg_keywords" => KEYWORDS.iter().map(|word| Row::new().text("word", word).text("catcode", "U")).collect(),
            _ => Vec::new(),
        })
    }

    fn schemas(&self) -> Vec<String> {
        let mut names = self.catalog.upgrade().map_or_else(Vec::new, |catalog| catalog.schema_names());
        // The workspace's own is there once, under the name that clients expect.
        names.retain(|name| *name != self.default || name == PUBLIC);
        for always in ["information_schema", "pg_catalog", PUBLIC] {
            if !names.iter().any(|name| name == always) {
                names.push(always.to_owned());
            }
        }
        names.sort_unstable();
        names
    }

    /// Returns the workspace's tables. Those of the catalogue and of `information_schema` are not among
    /// them: clients list them as the user's own.
    async fn relations(&self) -> Result<Vec<Relation>> {
        let Some(catalog) = self.catalog.upgrade() else { return Ok(Vec::new()) };
        let mut relations = Vec::new();
        for schema_name in self.schemas() {
            if matches!(schema_name.as_str(), "pg_catalog" | "information_schema") {
                continue;
            }
            let Some(schema) = catalog.schema(&schema_name) else { continue };
            let mut names = schema.table_names();
            names.sort_unstable();
            for name in names {
                let Some(table) = schema.table(&name).await? else { continue };
                relations.push(Relation {
                    oid: relation_oid(&schema_name, &name),
                    schema: schema_name.clone(),
                    name,
                    view: table.table_type() == TableType::View,
                    columns: table.schema(),
                });
            }
        }
        Ok(relations)
    }
}

/// A table of the workspace.
#[derive(Debug)]
struct Relation {
    oid: i64,
    schema: String,
    name: String,
    view: bool,
    columns: SchemaRef,
}

fn class(relation: &Relation) -> Row {
    let columns = i64::try_from(relation.columns.fields().len()).unwrap_or(i64::MAX);
    Row::new()
        .int("oid", relation.oid)
        .text("relname", &relation.name)
        .int("relnamespace", schema_oid(&relation.schema))
        .int("relowner", OWNER)
        .int("relam", if relation.view { 0 } else { HEAP })
        .int("reltuples", -1)
        .text("relpersistence", "p")
        .text("relkind", if relation.view { "v" } else { "r" })
        .int("relnatts", columns)
        .text("relreplident", "n")
        .flag("relispopulated", true)
}

fn table(relation: &Relation) -> Row {
    Row::new().text("schemaname", &relation.schema).text("tablename", &relation.name).text("tableowner", USER)
}

fn attributes(relation: &Relation) -> Vec<Row> {
    let columns = relation.columns.fields().iter().zip(1_i64..);
    columns
        .map(|(column, number)| {
            let of = type_oid(column.data_type());
            let bytes = type_of(of).map_or(-1, |of| of.bytes);
            Row::new()
                .int("attrelid", relation.oid)
                .text("attname", column.name())
                .int("atttypid", of)
                .int("attstattarget", -1)
                .int("attlen", bytes)
                .int("attnum", number)
                .int("attcacheoff", -1)
                .int("atttypmod", -1)
                .flag("attbyval", (1..=8).contains(&bytes))
                .text("attalign", "d")
                .text("attstorage", if bytes < 0 { "x" } else { "p" })
                .text("attcompression", "")
                .flag("attnotnull", !column.is_nullable())
                .text("attidentity", "")
                .text("attgenerated", "")
                .flag("attislocal", true)
        })
        .collect()
}

fn namespace(name: &str) -> Row {
    Row::new().int("oid", schema_oid(name)).text("nspname", name).int("nspowner", OWNER)
}

fn pg_type(of: &super::oids::PgType) -> Row {
    Row::new()
        .int("oid", of.oid)
        .text("typname", of.name)
        .int("typnamespace", PG_CATALOG)
        .int("typowner", OWNER)
        .int("typlen", of.bytes)
        .flag("typbyval", (1..=8).contains(&of.bytes))
        .text("typtype", "b")
        .text("typcategory", of.category)
        .flag("typisdefined", true)
        .text("typdelim", ",")
        .int("typelem", of.item)
        .int("typarray", of.array)
        .text("typinput", if of.item == 0 { "in" } else { "array_in" })
        .text("typalign", "i")
        .text("typstorage", if of.bytes < 0 { "x" } else { "p" })
        .int("typtypmod", -1)
}

fn role() -> Row {
    Row::new()
        .int("oid", OWNER)
        .text("rolname", USER)
        .flag("rolinherit", true)
        .flag("rolcanlogin", true)
        .int("rolconnlimit", -1)
        .text("usename", USER)
        .int("usesysid", OWNER)
}

/// A value of a row.
#[derive(Debug, Clone)]
enum Cell {
    Text(String),
    Int(i64),
    Flag(bool),
}

/// A row by the names of its columns. What is left out is nothing for a text, 0 for a number and false for
/// a flag, which is what PostgreSQL has where a feature is not used.
#[derive(Debug, Clone, Default)]
struct Row(BTreeMap<&'static str, Cell>);

impl Row {
    fn new() -> Self {
        Self::default()
    }

    fn text(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, Cell::Text(value.to_owned()));
        self
    }

    fn int(mut self, name: &'static str, value: i64) -> Self {
        self.0.insert(name, Cell::Int(value));
        self
    }

    fn flag(mut self, name: &'static str, value: bool) -> Self {
        self.0.insert(name, Cell::Flag(value));
        self
    }

    fn as_text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Cell::Text(value)) => Some(value),
            _ => None,
        }
    }

    fn as_int(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Cell::Int(value)) => *value,
            _ => 0,
        }
    }

    fn as_flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Cell::Flag(true)))
    }
}

fn batch(schema: &SchemaRef, rows: &[Row]) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        let name = field.name().as_str();
        match field.data_type() {
            DataType::Utf8 => Arc::new(rows.iter().map(|row| row.as_text(name)).collect::<StringArray>()),
            DataType::Int64 => Arc::new(rows.iter().map(|row| Some(row.as_int(name))).collect::<Int64Array>()),
            DataType::Boolean => Arc::new(rows.iter().map(|row| Some(row.as_flag(name))).collect::<BooleanArray>()),
            DataType::Float64 => Arc::new(Float64Array::new_null(rows.len())),
            other => new_null_array(other, rows.len()),
        }
    });
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_fits_its_table() {
        let relation = Relation {
            oid: relation_oid("public", "wells"),
            schema: "public".to_owned(),
            name: "wells".to_owned(),
            view: false,
            columns: Arc::new(Schema::new(vec![
                Field::new("name", DataType::Utf8, true),
                Field::new("top_m", DataType::Float64, false),
            ])),
        };
        let cases = [
            ("pg_class", vec![class(&relation)]),
            ("pg_attribute", attributes(&relation)),
            ("pg_namespace", vec![namespace("public")]),
            ("pg_type", TYPES.iter().map(pg_type).collect()),
            ("pg_tables", vec![table(&relation)]),
        ];
        for (name, rows) in cases {
            let known = table_named(name).expect("a table");
            for key in rows.iter().flat_map(|row| row.0.keys()) {
                assert!(columns(known).any(|(column, _)| column == *key), "{name}.{key}");
            }
            let found = batch(&schema_of(known), &rows).expect("a batch");
            assert_eq!(found.num_rows(), rows.len());
        }
    }

    #[test]
    fn a_table_has_one_place() {
        let mut names: Vec<&str> = FILLED.iter().chain(EMPTY).map(|(name, _)| *name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(is_always_empty("pg_index") && !is_always_empty("pg_class"));
    }
}
