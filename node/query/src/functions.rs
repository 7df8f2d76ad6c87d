//! Functions of SQL beyond those of DataFusion: units, depths, and statistics along a log.
//!
//! All of them are deterministic: the same rows in the same order give the same bits.

mod convert;
mod moving;
mod percentile;
mod shift;
mod spelling;

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{AggregateUDF, ColumnarValue, ScalarUDF, WindowUDF};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::SessionContext;

use self::convert::ConvertUnits;
use self::moving::MovingAverage;
use self::percentile::Percentile;
use self::shift::DepthShift;
pub(crate) use self::spelling::callable;
use crate::catalog::Catalog;

/// How values of one unit become values of another.
pub trait Convert: Send + Sync + Debug {
    /// Converts values in place; what is not a number stays so.
    fn apply_all(&self, values: &mut [f64]);
}

/// Values of one unit cannot become values of another; says why, and what else may be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnitError(pub String);

/// Makes the functions known to a session.
pub(crate) fn register(context: &SessionContext, catalog: &Arc<dyn Catalog>) {
    context.register_udf(ScalarUDF::new_from_impl(ConvertUnits::new(Arc::clone(catalog))));
    context.register_udf(ScalarUDF::new_from_impl(DepthShift::new()));
    context.register_udwf(WindowUDF::new_from_impl(MovingAverage::new()));
    context.register_udaf(AggregateUDF::new_from_impl(Percentile::new()));
}

/// Returns whether values of a type can be taken for numbers.
fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_null()
}

/// Returns the value of an expression that does not depend on rows; none when it does.
fn constant(expr: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    let nothing = RecordBatch::new_empty(Arc::new(Schema::empty()));
    match expr.evaluate(&nothing) {
        Ok(ColumnarValue::Scalar(value)) => Some(value),
        _ => None,
    }
}
