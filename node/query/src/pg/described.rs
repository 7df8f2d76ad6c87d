//! Tables of `information_schema` as clients of PostgreSQL expect them: the schema that names without one
//! are of is `public` there, as it is in `pg_catalog`.

use datafusion::sql::sqlparser::ast::ObjectName;

use super::empty::last;

/// Those that name schemas, with their columns in order.
const TABLES: &[(&str, &[&str])] = &[
    ("tables", &["table_catalog", "table_schema", "table_name", "table_type"]),
    ("views", &["table_catalog", "table_schema", "table_name", "definition"]),
    (
        "columns",
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "column_default",
            "is_nullable",
            "data_type",
            "character_maximum_length",
            "character_octet_length",
            "numeric_precision",
            "numeric_precision_radix",
            "numeric_scale",
            "datetime_precision",
            "interval_type",
        ],
    ),
    (
        "schemata",
        &[
            "catalog_name",
            "schema_name",
            "schema_owner",
            "default_character_set_catalog",
            "default_character_set_schema",
            "default_character_set_name",
            "sql_path",
        ],
    ),
];

/// Columns that name a schema.
const SCHEMAS: &[&str] = &["table_schema", "schema_name"];

/// Returns a query that stands for a table of `information_schema`, and the table's name; none for others.
pub(super) fn query(name: &ObjectName) -> Option<(String, &'static str)> {
    let [schema, _table] = name.0.as_slice() else { return None };
    if !schema.as_ident()?.value.eq_ignore_ascii_case("information_schema") {
        return None;
    }
    let own = last(name)?;
    let (table, columns) = TABLES.iter().find(|(known, _)| *known == own)?;
    let columns: Vec<String> = columns.iter().map(|column| told(column)).collect();
    // With the catalog before it, it is the engine's own, which stays what it is.
    Some((format!("SELECT {} FROM dataforge.information_schema.{table}", columns.join(", ")), *table))
}

/// Returns a column as clients are told it.
fn told(column: &str) -> String {
    if SCHEMAS.contains(&column) {
        // With a schema of its own the function is the engine's, and not that of PostgreSQL.
        format!("CASE {column} WHEN engine.current_schema() THEN 'public' ELSE {column} END AS {column}")
    } else {
        column.to_owned()
    }
}
