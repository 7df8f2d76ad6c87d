//! Names that PostgreSQL gives to columns which the statement does not name.

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Ident, SelectItem, SetExpr, Value};

use super::empty::last;

/// What a column is called that nothing gives a name to.
const NAMELESS: &str = "?column?";

/// Returns the name of a column that is this expression.
pub(super) fn name_of(expr: &Expr) -> String {
    given(expr).unwrap_or_else(|| NAMELESS.to_owned())
}

fn given(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        Expr::Function(function) => last(&function.name),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => given(inner),
        Expr::Cast { expr: inner, data_type, .. } => {
            let of = data_type.to_string().to_lowercase();
            Some(given(inner).unwrap_or_else(|| of.rsplit('.').next().unwrap_or_default().to_owned()))
        }
        Expr::Case { else_result, .. } => {
            Some(else_result.as_deref().and_then(given).unwrap_or_else(|| "case".to_owned()))
        }
        Expr::CompoundFieldAccess { root, access_chain } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(ident))) => Some(folded(ident)),
            _ => given(root),
        },
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.first()? {
                SelectItem::UnnamedExpr(expr) => given(expr),
                SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
                _ => None,
            },
            _ => None,
        },
        Expr::Exists { .. } => Some("exists".to_owned()),
        Expr::Array(_) => Some("array".to_owned()),
        Expr::Value(value) if matches!(value.value, Value::Boolean(_)) => Some("bool".to_owned()),
        _ => None,
    }
}

/// Returns a name as PostgreSQL reads it: in lower case unless it is quoted.
pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// Returns a name that is not taken yet, and takes it.
pub(super) fn unique(taken: &mut Vec<String>, name: &str) -> String {
    let mut found = name.to_owned();
    let mut count = 1;
    while taken.contains(&found.to_lowercase()) {
        count += 1;
        found = format!("{name}_{count}");
    }
    taken.push(found.to_lowercase());
    found
}
