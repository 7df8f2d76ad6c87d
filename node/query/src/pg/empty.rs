//! Queries that have no rows whatever their conditions are: over a table of the catalogue that is always
//! empty, joined in a way that needs a row of it.
//!
//! Such a query becomes its column names over nothing, so nothing that stands in it has to be understood.
//! psql's `\d` asks a dozen of them for each table, with functions and operators that are nowhere else.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, JoinOperator, ObjectName, Query, Select, SelectItem, SetExpr, SetOperator, TableFactor,
    TableWithJoins, Visit as _, Visitor,
};

use super::names::{folded, name_of, unique};
use super::rewriting::{alias, null, parse_expr};
use super::tables::is_always_empty;

/// Functions that give a row for no rows.
const AGGREGATES: &[&str] =
    &["array_agg", "avg", "bool_and", "bool_or", "count", "every", "json_agg", "max", "min", "string_agg", "sum"];

/// Whether a query has no rows.
pub(super) fn query_is_empty(query: &Query) -> bool {
    body_is_empty(&query.body)
}

/// Whether what a query is made of has no rows.
pub(super) fn body_is_empty(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select_is_empty(select),
        SetExpr::Query(query) => query_is_empty(query),
        SetExpr::SetOperation { left, op, right, .. } => match op {
            SetOperator::Union => body_is_empty(left) && body_is_empty(right),
            SetOperator::Intersect => body_is_empty(left) || body_is_empty(right),
            _ => body_is_empty(left),
        },
        _ => false,
    }
}

/// Whether a `SELECT` has no rows, and has names for all its columns.
pub(super) fn select_is_empty(select: &Select) -> bool {
    let named = select
        .projection
        .iter()
        .all(|item| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    named
        && !select.from.is_empty()
        && select.having.is_none()
        && select.from.iter().any(joined_is_empty)
        && (is_grouped(select) || !select.projection.iter().any(has_aggregate))
}

pub(super) fn is_grouped(select: &Select) -> bool {
    !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty())
}

fn has_aggregate(item: &SelectItem) -> bool {
    let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { return true };
    is_aggregate(expr)
}

/// Whether an expression has an aggregate anywhere in it; those of its subqueries are their own.
pub(super) fn is_aggregate(expr: &Expr) -> bool {
    expr.visit(&mut Aggregates { queries: 0 }).is_break()
}

/// Looks for an aggregate.
struct Aggregates {
    /// Subqueries that the walk is in.
    queries: usize,
}

impl Visitor for Aggregates {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.queries += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.queries -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function)
                if self.queries == 0
                    && last(&function.name).is_some_and(|name| AGGREGATES.contains(&name.as_str())) =>
            {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Returns the last part of a name, in lower case.
pub(super) fn last(name: &ObjectName) -> Option<String> {
    Some(name.0.last()?.as_ident()?.value.to_lowercase())
}

fn joined_is_empty(joined: &TableWithJoins) -> bool {
    let mut empty = factor_is_empty(&joined.relation);
    for join in &joined.joins {
        let right = factor_is_empty(&join.relation);
        empty = match &join.join_operator {
            JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => empty || right,
            JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => empty,
            JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right,
            JoinOperator::FullOuter(_) => empty && right,
            _ => false,
        };
    }
    empty
}

fn factor_is_empty(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Table { name, args: None, .. } => {
            let catalogue = match name.0.as_slice() {
                [_name] => true,
                [schema, _name] => {
                    schema.as_ident().is_some_and(|schema| schema.value.eq_ignore_ascii_case("pg_catalog"))
                }
                _ => false,
            };
            catalogue && last(name).is_some_and(|name| is_always_empty(&name))
        }
        TableFactor::Derived { subquery, .. } => query_is_empty(subquery),
        TableFactor::NestedJoin { table_with_joins, .. } => joined_is_empty(table_with_joins),
        _ => false,
    }
}

/// Leaves the names of the columns of an empty `SELECT`, and nothing else.
pub(super) fn clear(select: &mut Select) {
    let mut taken = Vec::new();
    for item in &mut select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => name_of(expr),
            SelectItem::ExprWithAlias { alias, .. } => folded(alias),
            _ => continue,
        };
        *item = SelectItem::ExprWithAlias { expr: null(), alias: alias(&unique(&mut taken, &name)) };
    }
    select.from.clear();
    select.distinct = None;
    select.lateral_views.clear();
    select.named_window.clear();
    select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
    select.selection = parse_expr("false");
}
