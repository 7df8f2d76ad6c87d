//! What the functions of the catalogue give here. They depend on the session and on numbers of types only,
//! so each becomes a value, or a choice between values.

use std::fmt::Write as _;

use datafusion::sql::sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::empty::last;
use super::oids::{INFORMATION_SCHEMA, PG_CATALOG, PUBLIC, TYPES, relation_oid, schema_oid, type_named};
use super::rewriting::parse_expr;
use super::{Context, USER};

/// What `version()` says. Drivers look for the first two words.
const VERSION: &str = concat!("PostgreSQL 15.0 (DataForge ", env!("CARGO_PKG_VERSION"), ")");

/// Rights that nobody has here.
const WRITES: &[&str] = &["insert", "update", "delete", "truncate", "references", "trigger", "create", "temp"];

/// Returns what a call gives; none for functions that the engine has.
pub(super) fn value_of(call: &Function, context: &Context) -> Option<Expr> {
    let name = last(&call.name)?;
    let ours = match call.name.0.as_slice() {
        [_name] => true,
        [schema, _name] => schema.as_ident().is_some_and(|schema| schema.value.eq_ignore_ascii_case("pg_catalog")),
        _ => false,
    };
    if !ours {
        return None;
    }
    let arguments = arguments(call);
    let first = arguments.first();
    let sql = match name.as_str() {
        "version" => text(VERSION),
        "current_database" | "current_catalog" => text(&context.database),
        "current_schema" => text("public"),
        "current_schemas" if first.is_some_and(is_true) => "make_array('pg_catalog', 'public')".to_owned(),
        "current_schemas" => "make_array('public')".to_owned(),
        "current_user" | "session_user" | "current_role" | "user" | "pg_get_userbyid" => text(USER),
        "pg_encoding_to_char" => text("UTF8"),
        "pg_char_to_encoding" => "6".to_owned(),
        "pg_backend_pid" => "1".to_owned(),
        "pg_my_temp_schema" | "txid_current" => "0".to_owned(),
        "pg_is_in_recovery" | "pg_is_other_temp_schema" | "pg_relation_is_publishable" | "pg_is_wal_replay_paused" => {
            "false".to_owned()
        }
        "pg_has_role" => "true".to_owned(),
        "pg_postmaster_start_time" | "pg_conf_load_time" => "now()".to_owned(),
        "format_type" => type_words(&first?.to_string()),
        "set_config" => arguments.get(1)?.to_string(),
        "current_setting" => setting(first?, context),
        "quote_ident" => quoted(&first?.to_string()),
        "obj_description" | "col_description" | "shobj_description" | "inet_server_addr" | "inet_client_addr" => {
            nothing()
        }
        "inet_server_port" | "inet_client_port" => "CAST(NULL AS INT)".to_owned(),
        // Rights and options are never there, so neither is a list of them.
        "array_to_string" if first.is_some_and(names_rights) => nothing(),
        "to_regclass" => match literal(first?) {
            Some(name) => relation(&name).to_string(),
            None => looked_up("pg_class", "relname", first?),
        },
        "to_regtype" => looked_up("pg_type", "typname", first?),
        "to_regnamespace" => looked_up("pg_namespace", "nspname", first?),
        name if name.ends_with("_is_visible") && name.starts_with("pg_") => "true".to_owned(),
        name if name.starts_with("has_") && name.ends_with("_privilege") => reads(&arguments).to_string(),
        name if name.starts_with("pg_") && name.ends_with("_size") => "CAST(NULL AS BIGINT)".to_owned(),
        // Definitions and descriptions of what is not there.
        name if name.starts_with("pg_") && name != "pg_get_keywords" => nothing(),
        _ => return None,
    };
    parse_expr(&sql)
}

/// Whether an expression is made of a column of rights or options, by the endings of their names.
fn names_rights(expr: &Expr) -> bool {
    let text = expr.to_string().to_lowercase();
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(|word| word.ends_with("acl") || word.ends_with("options"))
}

/// Returns the arguments that are expressions.
fn arguments(call: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &call.args else { return Vec::new() };
    let unnamed = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    unnamed.collect()
}

/// Returns a text as a literal.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn nothing() -> String {
    "CAST(NULL AS VARCHAR)".to_owned()
}

/// Returns the text of a literal.
pub(super) fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => literal(inner),
        _ => None,
    }
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Boolean(true)))
}

fn setting(name: &Expr, context: &Context) -> String {
    let value = literal(name).and_then(|name| context.settings.get(&name.to_lowercase()).cloned());
    value.map_or_else(nothing, |value| text(&value))
}

/// The right is the last argument; all that only reads is given.
fn reads(arguments: &[Expr]) -> bool {
    let wanted = arguments.last().and_then(literal).unwrap_or_default().to_lowercase();
    !WRITES.iter().any(|write| wanted.contains(write))
}

fn quoted(name: &str) -> String {
    let plain = "'^[a-z_][a-z0-9_]*$'";
    format!("CASE WHEN {name} ~ {plain} THEN {name} ELSE concat('\"', replace({name}, '\"', '\"\"'), '\"') END")
}

/// Returns the words for a type whose number an expression gives.
pub(super) fn type_words(oid: &str) -> String {
    let mut sql = format!("CASE {oid}");
    for known in TYPES {
        // Writing to a string cannot fail.
        let _ = write!(sql, " WHEN {} THEN {}", known.oid, text(known.words));
    }
    sql.push_str(" ELSE '???' END");
    sql
}

/// Returns the number that a name of a relation stands for.
fn relation(name: &str) -> i64 {
    let (schema, name) = match name.rsplit_once('.') {
        Some((schema, name)) => (bare(schema), bare(name)),
        None => ("public".to_owned(), bare(name)),
    };
    relation_oid(&schema, &name)
}

/// Returns a name without its quotes, in lower case when it has none.
fn bare(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

/// Returns a cast to one of the types that only the catalogue has; none for others.
pub(super) fn cast(expr: &Expr, target: &str) -> Option<Expr> {
    let named = literal(expr);
    let numbered = named.as_deref().filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
    let sql = match (target, &named) {
        ("regclass" | "regtype" | "regnamespace" | "regproc" | "regrole" | "oid", Some(_)) if numbered.is_some() => {
            numbered?.to_owned()
        }
        ("regclass", Some(name)) => relation(name).to_string(),
        ("regclass", None) if is_parameter(expr) => looked_up("pg_class", "relname", expr),
        ("regtype", None) if is_parameter(expr) => looked_up("pg_type", "typname", expr),
        ("regnamespace", None) if is_parameter(expr) => looked_up("pg_namespace", "nspname", expr),
        ("regclass", None) => relation_name(expr),
        ("regtype", Some(name)) => type_named(name.trim_start_matches("pg_catalog.")).unwrap_or_default().to_string(),
        ("regtype", None) => type_words(&expr.to_string()),
        ("regnamespace", Some(name)) => schema_oid(&bare(name)).to_string(),
        ("regnamespace", None) => format!(
            "CASE {expr} WHEN {PUBLIC} THEN 'public' WHEN {PG_CATALOG} THEN 'pg_catalog' \
             WHEN {INFORMATION_SCHEMA} THEN 'information_schema' END"
        ),
        ("regproc" | "regprocedure", Some(name)) => text(name.rsplit('.').next().unwrap_or(name)),
        ("regrole", _) => text(USER),
        ("regproc" | "regprocedure" | "regoper" | "regconfig", None) => format!("CAST({expr} AS VARCHAR)"),
        ("oid" | "xid" | "cid", _) => format!("CAST({expr} AS BIGINT)"),
        ("name" | "text" | "\"char\"" | "char" | "cstring" | "sql_identifier" | "character_data", _) => {
            format!("CAST({expr} AS VARCHAR)")
        }
        _ => return None,
    };
    parse_expr(&sql)
}

/// Whether a value comes with the statement, as `$1`.
fn is_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
}

/// Returns the number of what has a name that is known when the statement runs.
fn looked_up(table: &str, column: &str, name: &Expr) -> String {
    format!(
        "(SELECT max(pg_lookup.oid) FROM pg_catalog.{table} AS pg_lookup WHERE pg_lookup.{column} = CAST({name} AS VARCHAR))"
    )
}

/// Returns the name of the relation whose number a column gives.
fn relation_name(expr: &Expr) -> String {
    if matches!(expr, Expr::CompoundIdentifier(_)) {
        format!("(SELECT max(pg_lookup.relname) FROM pg_catalog.pg_class AS pg_lookup WHERE pg_lookup.oid = {expr})")
    } else {
        format!("CAST({expr} AS VARCHAR)")
    }
}
