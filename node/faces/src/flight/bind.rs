//! The values of parameters: one row of Arrow that a client sends.

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::server::PeekableFlightDataStream;
use dataforge_node::ScalarValue;
use futures::{StreamExt as _, TryStreamExt as _};
use tonic::Status;

use super::status;

/// Bytes of all values of a statement: each is kept as long as the statement is.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the values from what a client sends. No row at all is no values.
pub(super) async fn read(
    sent: PeekableFlightDataStream,
    parameters: &[Option<DataType>],
) -> Result<Vec<ScalarValue>, Status> {
    let mut batches = FlightRecordBatchStream::new_from_flight_data(sent.map_err(FlightError::from));
    let mut row = None;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(status::of_input)?;
        if batch.num_rows() == 0 {
            continue;
        }
        if batch.num_rows() > 1 || row.is_some() {
            return Err(Status::invalid_argument(
                "one row of parameters at a time: execute the statement once per row",
            ));
        }
        row = Some(batch);
    }
    row.map_or_else(|| Ok(Vec::new()), |row| values(&row, parameters))
}

/// Returns the values of a batch of one row, in the types of the parameters where those are known.
fn values(row: &RecordBatch, parameters: &[Option<DataType>]) -> Result<Vec<ScalarValue>, Status> {
    if row.num_columns() != parameters.len() {
        return Err(Status::invalid_argument(format!(
            "the statement has {} parameters, and {} values came",
            parameters.len(),
            row.num_columns()
        )));
    }
    let mut values = Vec::with_capacity(parameters.len());
    for (number, (column, wanted)) in (1_usize..).zip(row.columns().iter().zip(parameters)) {
        let bad = |error: &dyn std::fmt::Display| {
            Status::invalid_argument(format!("parameter {number} cannot be used: {error}"))
        };
        let value = ScalarValue::try_from_array(column.as_ref(), 0).map_err(|error| bad(&error.strip_backtrace()))?;
        values.push(match wanted {
            Some(wanted) if value.data_type() != *wanted => {
                value.cast_to(wanted).map_err(|error| bad(&error.strip_backtrace()))?
            }
            _ => value,
        });
    }
    let bytes: usize = values.iter().map(ScalarValue::size).sum();
    if bytes > MAX_BYTES {
        return Err(Status::invalid_argument(format!(
            "the values of the parameters have {bytes} bytes, the limit is {MAX_BYTES}"
        )));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array, StringArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn row(columns: Vec<ArrayRef>) -> RecordBatch {
        let fields: Vec<Field> =
            columns.iter().map(|column| Field::new("same", column.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    #[test]
    fn values_take_the_types_of_the_parameters() {
        let given = row(vec![Arc::new(Int32Array::from(vec![7])), Arc::new(StringArray::from(vec![None::<&str>]))]);
        let got = values(&given, &[Some(DataType::Float64), None]).unwrap();
        assert_eq!(got, [ScalarValue::Float64(Some(7.0)), ScalarValue::Utf8(None)]);
    }

    #[test]
    fn values_that_do_not_fit_are_refused_with_their_number() {
        let text = || Arc::new(StringArray::from(vec!["deep"])) as ArrayRef;
        let error = values(&row(vec![text()]), &[Some(DataType::Float64)]).unwrap_err();
        assert!(error.message().starts_with("parameter 1 cannot be used"), "{error}");
        let error = values(&row(vec![text()]), &[None, None]).unwrap_err();
        assert!(error.message().contains("has 2 parameters, and 1 values came"), "{error}");
        let long = Arc::new(StringArray::from(vec!["x".repeat(MAX_BYTES)])) as ArrayRef;
        assert!(values(&row(vec![long]), &[None]).unwrap_err().message().contains("the limit is"));
    }
}
