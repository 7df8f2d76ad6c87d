//! `convert(value, from_unit, to_unit)`: values in another unit, by the node's dictionary of units.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::utils::take_function_args;
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::spelling::{CONVERT, PARSED};
use super::{Convert, is_number};
use crate::catalog::Catalog;

/// The function.
#[derive(Debug)]
pub(super) struct ConvertUnits {
    catalog: Arc<dyn Catalog>,
    signature: Signature,
    aliases: [String; 1],
}

impl ConvertUnits {
    pub(super) fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, signature: Signature::user_defined(Volatility::Immutable), aliases: [PARSED.to_owned()] }
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>> {
        match self.catalog.conversion(from, to) {
            Ok(conversion) => Ok(conversion),
            Err(error) => exec_err!("{CONVERT}(): {error}"),
        }
    }

    /// Converts row by row, as units are in columns.
    fn by_rows(&self, values: &Float64Array, from: &StringArray, to: &StringArray) -> Result<Float64Array> {
        let mut known: BTreeMap<(&str, &str), Arc<dyn Convert>> = BTreeMap::new();
        let rows = values.len();
        let units = |row: usize| {
            let are_known = values.is_valid(row) && from.is_valid(row) && to.is_valid(row);
            are_known.then(|| (from.value(row), to.value(row)))
        };
        let mut converted = values.values().to_vec();
        let mut start = 0;
        while start < rows {
            // Units change from curve to curve, not from row to row.
            let pair = units(start);
            let end = (start + 1..rows).find(|row| units(*row) != pair).unwrap_or(rows);
            if let Some((one, other)) = pair {
                let conversion = match known.get(&(one, other)) {
                    Some(conversion) => Arc::clone(conversion),
                    None => self.conversion(one, other)?,
                };
                conversion.apply_all(&mut converted[start..end]);
                known.insert((one, other), conversion);
            }
            start = end;
        }
        let valid = (0..rows).map(|row| units(row).is_some());
        Ok(converted.into_iter().zip(valid).map(|(value, valid)| valid.then_some(value)).collect())
    }
}

impl PartialEq for ConvertUnits {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.catalog, &other.catalog)
    }
}

impl Eq for ConvertUnits {}

impl Hash for ConvertUnits {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.signature.hash(state);
    }
}

impl ScalarUDFImpl for ConvertUnits {
    fn name(&self) -> &str {
        CONVERT
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let is_text = |data_type: &DataType| data_type.is_string() || data_type.is_null() || is_dictionary(data_type);
        match arg_types {
            [value, from, to] if is_number(value) && is_text(from) && is_text(to) => {
                Ok(vec![DataType::Float64, DataType::Utf8, DataType::Utf8])
            }
            _ => plan_err!("takes a number and two units, like {CONVERT}(value, 'ft', 'm')"),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let text = |at: usize| args.scalar_arguments.get(at).copied().flatten().and_then(|value| value.try_as_str()?);
        // A wrong unit is told before anything is read.
        if let (Some(from), Some(to)) = (text(1), text(2))
            && let Err(error) = self.catalog.conversion(from, to)
        {
            return plan_err!("{CONVERT}(): {error}");
        }
        Ok(Arc::new(Field::new(CONVERT, DataType::Float64, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [value, from, to] = take_function_args(CONVERT, args.args)?;
        if let (ColumnarValue::Scalar(from), ColumnarValue::Scalar(to)) = (&from, &to) {
            let (Some(Some(from)), Some(Some(to))) = (from.try_as_str(), to.try_as_str()) else {
                return Ok(ColumnarValue::Scalar(ScalarValue::Float64(None)));
            };
            let conversion = self.conversion(from, to)?;
            return Ok(match value {
                ColumnarValue::Scalar(ScalarValue::Float64(value)) => {
                    let mut values: Vec<f64> = value.into_iter().collect();
                    conversion.apply_all(&mut values);
                    ColumnarValue::Scalar(ScalarValue::Float64(values.pop()))
                }
                other => {
                    let array = other.into_array(rows)?;
                    let array = crate::wide::convert(array.as_primitive::<Float64Type>(), conversion.as_ref());
                    ColumnarValue::Array(Arc::new(array))
                }
            });
        }
        let (value, from, to) = (value.into_array(rows)?, from.into_array(rows)?, to.into_array(rows)?);
        let converted = self.by_rows(value.as_primitive(), from.as_string(), to.as_string())?;
        Ok(ColumnarValue::Array(Arc::new(converted) as ArrayRef))
    }
}

fn is_dictionary(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, values) if values.is_string())
}
