//! The walk over a statement's tree that puts its parts into other terms.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, Statement, TableFactor, UnaryOperator, Value, ValueWithSpan,
    VisitMut as _, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::empty::{body_is_empty, clear, is_aggregate, is_grouped, last, query_is_empty, select_is_empty};
use super::functions::{cast, literal, text, value_of};
use super::names::{folded, name_of, unique};
use super::tables::is_known;
use super::{Context, USER, described};

/// Levels of the parser's recursion; the text has passed the engine's bound on nesting before.
const PARSER_LEVELS: usize = 320;

/// Parts of a statement that is meant for PostgreSQL, in lower case.
const CATALOGUE: &[&str] = &[
    "pg_",
    "version(",
    "current_",
    "session_user",
    "::reg",
    "set_config",
    "_privilege(",
    "description(",
    "format_type",
];

/// Returns the statement in other terms; none when it cannot be read, is not one query, or has nothing of
/// the kind.
pub(super) fn rewrite(sql: &str, context: &Context) -> Option<String> {
    let mut statements = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(PARSER_LEVELS)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_statements())
        .ok()?;
    let mut statement = statements.pop().filter(|_| statements.is_empty())?;
    if !matches!(statement, Statement::Query(_) | Statement::Explain { .. }) {
        return None;
    }
    let lower = sql.to_lowercase();
    let catalogue = CATALOGUE.iter().any(|mark| lower.contains(mark));
    let mut walk = Walk { context, catalogue, sets: Vec::new(), touched: false };
    let _ = statement.visit(&mut walk);
    walk.touched.then(|| statement.to_string())
}

/// Reads an expression of our own.
pub(super) fn parse_expr(sql: &str) -> Option<Expr> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(PARSER_LEVELS).try_with_sql(sql).ok()?;
    parser.parse_expr().ok()
}

fn parse_query(sql: &str) -> Option<Box<Query>> {
    let mut parser = Parser::new(&PostgreSqlDialect {}).try_with_sql(sql).ok()?;
    parser.parse_query().ok()
}

pub(super) fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

/// Returns a name that stays as it is.
pub(super) fn alias(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

struct Walk<'a> {
    context: &'a Context,
    /// Whether the statement names anything of the catalogue.
    catalogue: bool,
    /// Subqueries that stand for all their values: those of `ANY` and `ALL`.
    sets: Vec<Query>,
    touched: bool,
}

impl Walk<'_> {
    /// Puts an expression in another's place.
    fn put(&mut self, place: &mut Expr, new: Option<Expr>) {
        if let Some(new) = new {
            *place = new;
            self.touched = true;
        }
    }

    fn put_query(&mut self, place: &mut TableFactor, sql: &str, name: &str) {
        let TableFactor::Table { alias: own, .. } = place else { return };
        let wrapped = format!("SELECT * FROM ({sql}) AS {name}");
        let Some(query) = parse_query(&wrapped) else { return };
        let query = *query;
        let SetExpr::Select(mut select) = *query.body else { return };
        let Some(mut joined) = select.from.pop() else { return };
        if let (TableFactor::Derived { alias: given, .. }, Some(own)) = (&mut joined.relation, own.take()) {
            *given = Some(own);
        }
        *place = joined.relation;
        self.touched = true;
    }
}

impl VisitorMut for Walk<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if body_is_empty(&query.body) {
            // What they would sort by is about to go.
            query.order_by = None;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if select_is_empty(select) {
            clear(select);
            self.touched = true;
        } else if self.catalogue {
            name_columns(select);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, args, .. } = factor else { return ControlFlow::Continue(()) };
        if args.is_none()
            && let Some((sql, table)) = described::query(name)
        {
            self.put_query(factor, &sql, table);
            return ControlFlow::Continue(());
        }
        let Some(own) = last(name) else { return ControlFlow::Continue(()) };
        let plain = match name.0.as_slice() {
            [_name] => true,
            [schema, _name] => schema.as_ident().is_some_and(|schema| schema.value.eq_ignore_ascii_case("pg_catalog")),
            _ => false,
        };
        if !plain {
            return ControlFlow::Continue(());
        }
        let catalogue = |table: &str| {
            ObjectName(["pg_catalog", table].map(|part| ObjectNamePart::Identifier(Ident::new(part))).to_vec())
        };
        if own == "pg_get_keywords" && args.is_some() {
            *args = None;
            *name = catalogue("pg_keywords");
            self.touched = true;
        } else if args.is_some() {
            // Functions have no schema in the engine.
            if name.0.len() > 1
                && let Some(own) = name.0.pop()
            {
                *name = ObjectName(vec![own]);
                self.touched = true;
            }
        } else if own == "pg_database" && !self.context.databases.is_empty() {
            let sql = databases(self.context);
            self.put_query(factor, &sql, "pg_database");
        } else if own == "pg_settings" && !self.context.settings.is_empty() {
            let sql = settings(self.context);
            self.put_query(factor, &sql, "pg_settings");
        } else if is_known(&own) {
            *name = catalogue(&own);
            self.touched = true;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let known = match &*expr {
            Expr::Subquery(query) if query_is_empty(query) => Some(null()),
            Expr::Exists { subquery, negated } if query_is_empty(subquery) => {
                parse_expr(if *negated { "true" } else { "false" })
            }
            Expr::InSubquery { subquery, negated, .. } if query_is_empty(subquery) => {
                parse_expr(if *negated { "true" } else { "false" })
            }
            Expr::AnyOp { right, .. } if is_empty_set(right) => parse_expr("false"),
            Expr::AllOp { right, .. } if is_empty_set(right) => parse_expr("true"),
            Expr::Function(call) if last(&call.name).as_deref() == Some("array") => match &call.args {
                FunctionArguments::Subquery(query) if query_is_empty(query) => parse_expr("CAST(NULL AS VARCHAR[])"),
                _ => None,
            },
            _ => None,
        };
        self.put(expr, known);
        if let Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } = expr
            && let Expr::Subquery(query) = &**right
        {
            self.sets.push(query.as_ref().clone());
        }
        if self.catalogue
            && let Expr::Subquery(query) = expr
            && !self.sets.contains(query)
        {
            self.touched |= take_one(query);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let new = match expr {
            Expr::Collate { expr: inner, .. } => Some((**inner).clone()),
            Expr::BinaryOp { op, .. } => {
                if let Some(plain) = plain_operator(op) {
                    *op = plain;
                    self.touched = true;
                }
                None
            }
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => among(left, right, false),
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => among(left, right, true),
            Expr::Cast { expr: inner, data_type, .. } => cast(inner, &type_name(&data_type.to_string())),
            Expr::Identifier(ident) => value_named(ident, self.context),
            Expr::Function(call) => {
                let value = value_of(call, self.context);
                if value.is_none()
                    && call.name.0.len() > 1
                    && !matches!(call.args, FunctionArguments::None)
                    && let Some(own) = call.name.0.pop()
                {
                    call.name = ObjectName(vec![own]);
                    self.touched = true;
                }
                if last(&call.name).as_deref() == Some("array_upper") {
                    call.name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new("array_length"))]);
                    // Series take no number that has no sign.
                    parse_expr(&format!("CAST({call} AS BIGINT)"))
                } else {
                    value
                }
            }
            _ => None,
        };
        self.put(expr, new);
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::EscapedStringLiteral(text) = &mut value.value {
            value.value = Value::SingleQuotedString(std::mem::take(text));
            self.touched = true;
        }
        ControlFlow::Continue(())
    }
}

/// Returns the value of what is written as a name and is none.
fn value_named(ident: &Ident, context: &Context) -> Option<Expr> {
    if ident.quote_style.is_some() {
        return None;
    }
    match ident.value.to_lowercase().as_str() {
        "current_schema" => parse_expr("'public'"),
        "current_role" | "current_user" | "session_user" => parse_expr(&text(USER)),
        "current_catalog" => parse_expr(&text(&context.database)),
        _ => None,
    }
}

/// Gives columns of a `SELECT` the names PostgreSQL gives them, each once.
///
/// The engine refuses a column twice, which clients of the catalogue ask for: `SELECT n.oid, n.*`, and two
/// columns that are `NULL`.
fn name_columns(select: &mut Select) {
    let is_wild = |item: &&SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    let wild: Vec<SelectItem> = select.projection.iter().filter(is_wild).cloned().collect();
    let given = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias).to_lowercase()),
        _ => None,
    });
    let mut taken: Vec<String> = given.collect();
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let name = name_of(expr);
        let plain = match expr {
            // These are values that are written as names.
            Expr::Identifier(ident) => value_named(ident, &Context::default()).is_none(),
            Expr::CompoundIdentifier(_) => true,
            _ => false,
        };
        if plain && wild.iter().any(|wildcard| stands_for(wildcard, expr)) {
            // The wildcard has it too.
            taken.push(name.to_lowercase());
        }
        let own = unique(&mut taken, &name);
        if !plain || own != name {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: alias(&own) };
        }
    }
}

/// Whether a wildcard may stand for a column too; a column that does not name its table may be any.
fn stands_for(wildcard: &SelectItem, column: &Expr) -> bool {
    let table = match wildcard {
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => last(name),
        _ => None,
    };
    let own = match column {
        Expr::CompoundIdentifier(parts) => parts.iter().rev().nth(1),
        _ => None,
    };
    own.zip(table).is_none_or(|(own, table)| own.value.eq_ignore_ascii_case(&table))
}

/// Makes of a subquery that stands for one value one that gives one by its form, which the engine wants to
/// see; whether it was changed. Where PostgreSQL finds more than one row, it fails, so there is no difference
/// where it answers.
fn take_one(query: &mut Query) -> bool {
    if query.limit_clause.is_some() || query.fetch.is_some() {
        return false;
    }
    let SetExpr::Select(select) = query.body.as_mut() else { return false };
    if select.from.is_empty() || is_grouped(select) || select.distinct.is_some() {
        return false;
    }
    let [item] = select.projection.as_mut_slice() else { return false };
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return false };
    if is_aggregate(expr) {
        return false;
    }
    let Some(one) = parse_expr(&format!("max({expr})")) else { return false };
    *expr = one;
    query.order_by = None;
    true
}

/// Returns an operator without the schema it is looked for in.
fn plain_operator(op: &BinaryOperator) -> Option<BinaryOperator> {
    let BinaryOperator::PGCustomBinaryOperator(parts) = op else { return None };
    Some(match parts.last()?.as_str() {
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "=" => BinaryOperator::Eq,
        "<>" | "!=" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        ">" => BinaryOperator::Gt,
        "<=" => BinaryOperator::LtEq,
        ">=" => BinaryOperator::GtEq,
        "||" => BinaryOperator::StringConcat,
        _ => return None,
    })
}

/// Whether what stands behind `ANY` or `ALL` is a query without rows.
fn is_empty_set(right: &Expr) -> bool {
    matches!(right, Expr::Subquery(query) if query_is_empty(query))
}

/// Returns whether a value is among those of an array or of a query.
fn among(left: &Expr, right: &Expr, negated: bool) -> Option<Expr> {
    let mut array = right;
    while let Expr::Nested(inner) | Expr::Cast { expr: inner, .. } = array {
        array = inner;
    }
    let list = match array {
        Expr::Subquery(query) => {
            let (expr, subquery) = (Box::new(left.clone()), query.clone());
            return Some(Expr::InSubquery { expr, subquery, negated });
        }
        Expr::Array(array) => Some(array.elem.clone()),
        other => literal(other).and_then(|text| {
            let items = text.trim().strip_prefix('{')?.strip_suffix('}')?.to_owned();
            let items = items.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
            Some(items.map(|item| Expr::Value(Value::SingleQuotedString(item.to_owned()).with_empty_span())).collect())
        }),
    };
    match list {
        Some(list) if list.is_empty() => parse_expr(if negated { "true" } else { "false" }),
        Some(list) => Some(Expr::InList { expr: Box::new(left.clone()), list, negated }),
        None => {
            let has = parse_expr(&format!("array_has({right}, {left})"))?;
            Some(if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(has) } } else { has })
        }
    }
}

/// Returns the name of a type without its schema, in lower case.
fn type_name(written: &str) -> String {
    let lower = written.to_lowercase();
    for schema in ["pg_catalog.", "information_schema."] {
        if let Some(name) = lower.strip_prefix(schema) {
            return name.to_owned();
        }
    }
    // What the engine knows itself stays as it is.
    if matches!(lower.as_str(), "text" | "char") { String::new() } else { lower }
}

/// Returns the workspaces as databases.
fn databases(context: &Context) -> String {
    let rows: Vec<String> = context
        .databases
        .iter()
        .zip(1_i64..)
        .map(|(name, oid)| {
            format!(
                "SELECT {oid} AS oid, {} AS datname, 10 AS datdba, 6 AS encoding, 'c' AS datlocprovider, \
                 false AS datistemplate, true AS datallowconn, -1 AS datconnlimit, 0 AS datfrozenxid, \
                 0 AS datminmxid, 1663 AS dattablespace, 'C' AS datcollate, 'C' AS datctype, \
                 CAST(NULL AS VARCHAR) AS daticulocale, CAST(NULL AS VARCHAR) AS datcollversion, \
                 CAST(NULL AS VARCHAR[]) AS datacl",
                text(name)
            )
        })
        .collect();
    rows.join(" UNION ALL ")
}

/// Returns the settings of the session.
fn settings(context: &Context) -> String {
    let rows: Vec<String> = context
        .settings
        .iter()
        .map(|(name, value)| {
            format!(
                "SELECT {} AS name, {} AS setting, CAST(NULL AS VARCHAR) AS unit, '' AS category, \
                 '' AS short_desc, '' AS extra_desc, 'user' AS context, 'string' AS vartype, 'session' AS source, \
                 CAST(NULL AS VARCHAR) AS min_val, CAST(NULL AS VARCHAR) AS max_val, {} AS boot_val, \
                 {} AS reset_val, false AS pending_restart",
                text(name),
                text(value),
                text(value),
                text(value)
            )
        })
        .collect();
    rows.join(" UNION ALL ")
}

#[cfg(test)]
mod tests;
