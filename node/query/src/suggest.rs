//! Names that do not exist: where they stand in the statement, and which ones are near.

use std::collections::BTreeSet;

use datafusion::common::{Column, SchemaError, TableReference};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Position, QueryError, QueryErrorKind};

/// Names that are suggested at most.
const MOST_NAMES: usize = 3;

/// So many fields are listed when none has a name that is near.
const FEW_FIELDS: usize = 20;

/// Makes the error of a name that a statement uses and that does not exist; nothing for other errors.
pub(crate) fn unknown(error: &DataFusionError, sql: &str, state: &SessionState) -> Option<QueryError> {
    let Unknown { told, table, name, known, rest } = match error.find_root() {
        DataFusionError::SchemaError(schema, _) => {
            let SchemaError::FieldNotFound { field, valid_fields } = schema.as_ref() else { return None };
            of_field(field, valid_fields)
        }
        DataFusionError::Plan(text) => of_plan(text, state)?,
        _ => return None,
    };
    let near = nearest(&name, known.iter().map(String::as_str));
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    Some(at(sql, table.as_ref(), &name, format!("{told}{hint}{rest}")))
}

/// Says it with the place where the name stands.
fn at(sql: &str, table: Option<&TableReference>, name: &str, message: String) -> QueryError {
    let failure = QueryError::new(QueryErrorKind::UnknownName, message);
    let place = table.and_then(|table| place_of_field(sql, table.table(), name)).or_else(|| place(sql, name));
    match place {
        Some(position) => failure.at(position),
        None => failure,
    }
}

fn of_field(field: &Column, valid: &[Column]) -> Unknown {
    let name = field.name.clone();
    let table = field.relation.clone();
    let told = match &table {
        Some(table) => format!("no field named {}.{name}", table.table()),
        None => format!("no field named {name}"),
    };
    // What exists may have been asked of a table that does not have it.
    let of_others = valid.iter().filter(|valid| valid.name == name);
    let others: BTreeSet<&str> =
        of_others.filter_map(|valid| valid.relation.as_ref().map(TableReference::table)).collect();
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().collect();
        let rest = format!("; {name} is one of {}", others.join(", "));
        return Unknown { told, table, name, known: BTreeSet::new(), rest };
    }
    let known: BTreeSet<String> = valid.iter().map(|valid| valid.name.clone()).collect();
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let is_told = !names.is_empty() && names.len() <= FEW_FIELDS && nearest(&name, names.iter().copied()).is_empty();
    let rest = if is_told { format!("; there are {}", names.join(", ")) } else { String::new() };
    Unknown { told, table, name, known, rest }
}

/// A name that does not exist.
struct Unknown {
    /// How it is said.
    told: String,
    /// The table that it is asked of, where it is a field and one is said.
    table: Option<TableReference>,
    name: String,
    /// The names that do exist.
    known: BTreeSet<String>,
    /// What else is said.
    rest: String,
}

fn of_plan(text: &str, state: &SessionState) -> Option<Unknown> {
    let first = text.lines().next().unwrap_or_default();
    let quoted = first.split('\'').nth(1)?;
    let name = quoted.rsplit('.').next()?.to_owned();
    let lower = first.to_ascii_lowercase();
    if lower.starts_with("invalid function") && state.window_functions().contains_key(&name) {
        let told = format!("invalid function '{name}' without OVER");
        let rest = format!("; write {name}(…) OVER (ORDER BY …)");
        return Some(Unknown { told, table: None, name, known: BTreeSet::new(), rest });
    }
    if lower.starts_with("invalid function") {
        let scalar = state.scalar_functions().keys();
        let known = scalar.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
        let known = known.cloned().collect();
        return Some(Unknown {
            told: format!("invalid function '{name}'"),
            table: None,
            name,
            known,
            rest: String::new(),
        });
    }
    if !lower.trim_end_matches('.').ends_with(" not found") {
        return None;
    }
    if lower.starts_with("table function ") {
        let known = state.table_functions().keys().cloned().collect();
        let told = format!("table function '{name}' not found");
        return Some(Unknown { told, table: None, name, known, rest: String::new() });
    }
    if lower.starts_with("table ") {
        let known = tables(state);
        let listed: Vec<&str> = known.iter().map(String::as_str).collect();
        let rest = format!("; tables are {}, run('id') and well('name')", listed.join(", "));
        // Of the default schema tables are named without it.
        let options = &state.config_options().catalog;
        let prefix = format!("{}.{}.", options.default_catalog, options.default_schema);
        let shown = quoted.strip_prefix(&prefix).unwrap_or(quoted);
        return Some(Unknown { told: format!("table '{shown}' not found"), table: None, name, known, rest });
    }
    None
}

/// Names of the tables that are found without a schema.
fn tables(state: &SessionState) -> BTreeSet<String> {
    let options = &state.config_options().catalog;
    let catalog = state.catalog_list().catalog(&options.default_catalog);
    let schema = catalog.and_then(|catalog| catalog.schema(&options.default_schema));
    schema.map(|schema| schema.table_names().into_iter().collect()).unwrap_or_default()
}

/// Returns the names nearest to one, the nearest first; capitals count for nothing.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let most = wanted.chars().count().div_ceil(3);
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|known| {
            let lower = known.to_lowercase();
            let away = distance(&wanted, &lower);
            let begins =
                wanted.len() > 2 && (lower.starts_with(&wanted) || wanted.starts_with(&lower) && lower.len() > 2);
            if away <= most { Some((away, known)) } else { begins.then_some((most, known)) }
        })
        .collect();
    near.sort_unstable();
    near.into_iter().take(MOST_NAMES).map(|(_, known)| known).collect()
}

/// Letters that have to be put in, left out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        for (slot, wanted) in row.iter_mut().skip(1).zip(&other) {
            let changed = before + usize::from(letter != *wanted);
            before = *slot;
            left = changed.min(before + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Returns where a name stands first as a word of its own.
fn place(sql: &str, name: &str) -> Option<Position> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().ok()?;
    let found = tokens.iter().find(|token| match &token.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        _ => false,
    })?;
    Some(Position { line: found.span.start.line, column: found.span.start.column })
}

/// Returns where a field stands first behind the name of its table and a dot.
fn place_of_field(sql: &str, table: &str, name: &str) -> Option<Position> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().ok()?;
    let is = |token: &Token, name: &str| matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
    tokens.windows(3).find_map(|three| {
        let [before, dot, after] = three else { return None };
        let found = is(&before.token, table) && dot.token == Token::Period && is(&after.token, name);
        let start = before.span.start;
        found.then_some(Position { line: start.line, column: start.column })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_the_nearest_first() {
        let known = ["depth_m", "depth", "time_s", "value", "well", "well_id", "c3"];
        let near = |name: &str| nearest(name, known.into_iter());
        assert_eq!(near("C3"), ["c3"], "capitals");
        assert_eq!(near("wel"), ["well", "well_id"]);
        assert_eq!(near("depthm")[..2], ["depth", "depth_m"]);
        assert_eq!(near("valeu"), ["value"]);
        assert!(near("porosity").is_empty());
    }

    #[test]
    fn distances_are_counted_by_letters() {
        for (one, other, away) in
            [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("é", "e", 1), ("a", "a", 0)]
        {
            assert_eq!(distance(one, other), away, "{one} {other}");
        }
    }

    #[test]
    fn a_name_is_found_as_a_word_and_not_in_texts() {
        let sql = "SELECT 'depthm',\n  s.DEPTHM FROM samples s -- depthm";
        assert_eq!(place(sql, "depthm"), Some(Position { line: 2, column: 5 }));
        assert_eq!(place(sql, "depth"), None);
        assert_eq!(place_of_field(sql, "s", "depthm"), Some(Position { line: 2, column: 3 }));
        assert_eq!(place_of_field(sql, "samples", "depthm"), None);
    }
}
