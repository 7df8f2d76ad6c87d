//! What the conditions of a query say about runs, curves and the index.
//!
//! Two readings of an expression: the set of texts a column may have (to ask the catalog for fewer
//! runs) and the range of numbers it may have (to skip runs, row groups and pages).
//! Both may be wider than the truth, never narrower: DataFusion or the scan checks the rows again.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

use super::SampleColumn;
use crate::catalog::{IndexColumn, IndexKind, RunFilter};

/// Share by which a range in metres is widened when it is turned into the unit of the index, far
/// more than the rounding of a multiplication.
const WIDEN: f64 = 1e-9;

/// Whether an expression can be decided once per curve.
pub(super) fn is_constant(expr: &Expr) -> bool {
    let columns = expr.column_refs();
    let only_constants =
        columns.iter().all(|column| SampleColumn::named(&column.name).is_some_and(SampleColumn::is_constant));
    let needs_more = |expr: &Expr| {
        Ok(matches!(
            expr,
            Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::ScalarSubquery(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
                | Expr::ScalarVariable(..)
        ))
    };
    !columns.is_empty() && only_constants && !expr.is_volatile() && !expr.exists(needs_more).unwrap_or(true)
}

/// Whether an expression bounds the index.
pub(super) fn has_bounds(expr: &Expr) -> bool {
    [SampleColumn::IndexValue, SampleColumn::DepthM, SampleColumn::TimeS]
        .into_iter()
        .any(|column| bounds(expr, column).is_some())
}

/// Returns the range that all conditions together leave to `depth_m`.
pub(crate) fn depth_bounds(filters: &[Expr]) -> Bounds {
    all_of(filters, |expr| bounds(expr, SampleColumn::DepthM), Bounds::intersect).unwrap_or(Bounds::ALL)
}

/// A closed range of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Bounds {
    pub(crate) const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub(super) const fn is_all(self) -> bool {
        self.low == f64::NEG_INFINITY && self.high == f64::INFINITY
    }

    const fn intersect(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    const fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Whether a number between the two may be in the range; what is not known may be anything.
    pub(super) fn meets(self, min: Option<f64>, max: Option<f64>) -> bool {
        self.low <= self.high
            && max.is_none_or(|max| max.is_nan() || max >= self.low)
            && min.is_none_or(|min| min.is_nan() || min <= self.high)
    }

    /// Turns a range of SI values into one of delivered values.
    fn in_unit(self, to_si: f64) -> Self {
        if to_si <= 0.0 || !to_si.is_finite() {
            return Self::ALL;
        }
        let low = self.low / to_si;
        let high = self.high / to_si;
        Self { low: low - low.abs() * WIDEN, high: high + high.abs() * WIDEN }
    }
}

/// What all filters of a scan say together.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) runs: RunFilter,
    index: Option<Bounds>,
    depth: Option<Bounds>,
    time: Option<Bounds>,
}

impl Wanted {
    pub(super) fn new(filters: &[Expr]) -> Self {
        let texts = |column| all_of(filters, |expr| texts(expr, column), intersect_texts);
        let numbers = |column| all_of(filters, |expr| bounds(expr, column), Bounds::intersect);
        let list = |texts: BTreeSet<String>| texts.into_iter().collect();
        // Both columns name runs; the full id is the narrower one.
        let runs = texts(SampleColumn::RunId).or_else(|| texts(SampleColumn::Run));
        Self {
            runs: RunFilter {
                wells: texts(SampleColumn::Well).map(list),
                runs: runs.map(list),
                curves: texts(SampleColumn::Curve).map(list),
            },
            index: numbers(SampleColumn::IndexValue),
            depth: numbers(SampleColumn::DepthM),
            time: numbers(SampleColumn::TimeS),
        }
    }

    /// Whether nothing can match.
    pub(super) fn is_empty(&self) -> bool {
        let RunFilter { wells, runs, curves } = &self.runs;
        [wells, runs, curves].into_iter().any(|list| list.as_ref().is_some_and(Vec::is_empty))
    }

    /// Returns the range of the index as delivered, or nothing if no row can match.
    pub(super) fn bounds_in(&self, index: &IndexColumn) -> Option<Bounds> {
        let mut wanted = self.index.unwrap_or(Bounds::ALL);
        for (bounds, kind) in [(self.depth, IndexKind::Depth), (self.time, IndexKind::Time)] {
            if let Some(bounds) = bounds {
                // The column is null for runs of another kind, and null is in no range.
                let to_si = index.to_si.filter(|_| index.kind == kind)?;
                wanted = wanted.intersect(bounds.in_unit(to_si));
            }
        }
        if wanted.is_all() || wanted.meets(index.min, index.max) { Some(wanted) } else { None }
    }
}

fn all_of<T>(filters: &[Expr], read: impl Fn(&Expr) -> Option<T>, both: impl Fn(T, T) -> T) -> Option<T> {
    filters.iter().filter_map(read).reduce(both)
}

fn intersect_texts(left: BTreeSet<String>, right: BTreeSet<String>) -> BTreeSet<String> {
    left.intersection(&right).cloned().collect()
}

fn is_column(expr: &Expr, column: SampleColumn) -> bool {
    matches!(expr, Expr::Column(found) if found.name == column.name())
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str()?.map(str::to_owned),
        _ => None,
    }
}

/// Returns the texts a column may have if the expression is true, or nothing if it may be any.
fn texts(expr: &Expr, column: SampleColumn) -> Option<BTreeSet<String>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::Eq if is_column(left, column) => Some(BTreeSet::from([text(right)?])),
            Operator::Eq if is_column(right, column) => Some(BTreeSet::from([text(left)?])),
            Operator::Or => {
                let mut both = texts(left, column)?;
                both.append(&mut texts(right, column)?);
                Some(both)
            }
            Operator::And => match (texts(left, column), texts(right, column)) {
                (Some(left), Some(right)) => Some(intersect_texts(left, right)),
                (one, other) => one.or(other),
            },
            _ => None,
        },
        Expr::InList(list) if !list.negated && is_column(&list.expr, column) => list.list.iter().map(text).collect(),
        _ => None,
    }
}

fn number(expr: &Expr) -> Option<f64> {
    let Expr::Literal(value, _) = expr else {
        return None;
    };
    if !value.data_type().is_numeric() {
        return None;
    }
    match value.cast_to(&DataType::Float64).ok()? {
        ScalarValue::Float64(Some(number)) if !number.is_nan() => Some(number),
        _ => None,
    }
}

/// Returns the range a column is in if the expression is true, or nothing if it may be anywhere.
fn bounds(expr: &Expr, column: SampleColumn) -> Option<Bounds> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::And => match (bounds(left, column), bounds(right, column)) {
                (Some(left), Some(right)) => Some(left.intersect(right)),
                (one, other) => one.or(other),
            },
            Operator::Or => Some(bounds(left, column)?.hull(bounds(right, column)?)),
            _ if is_column(left, column) => compared(*op, number(right)?),
            _ if is_column(right, column) => compared(op.swap()?, number(left)?),
            _ => None,
        },
        Expr::Between(Between { expr, negated: false, low, high }) if is_column(expr, column) => {
            Some(Bounds { low: number(low)?, high: number(high)? })
        }
        _ => None,
    }
}

fn compared(op: Operator, number: f64) -> Option<Bounds> {
    let (low, high) = match op {
        Operator::Eq => (number, number),
        Operator::Gt | Operator::GtEq => (number, f64::INFINITY),
        Operator::Lt | Operator::LtEq => (f64::NEG_INFINITY, number),
        _ => return None,
    };
    Some(Bounds { low, high })
}
