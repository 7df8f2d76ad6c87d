//! Batches as they travel: in types that every driver reads, streamed, never collected.

use std::pin::Pin;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::{FlightData, IpcMessage, SchemaAsIpc};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use tonic::{Response, Status};

use super::status;

/// The answer to a `DoGet`.
pub(super) type DataStream = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send + 'static>>;

/// Returns a schema in types that drivers read: no views, no dictionaries, no large lists.
///
/// It is the schema that `arrow-flight` then sends, so what a `FlightInfo` says is what comes.
pub(super) fn schema(schema: &Schema) -> SchemaRef {
    let fields: Fields = schema.fields().iter().map(plain_field).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(plain(field.data_type())))
}

fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::List(item) | DataType::LargeList(item) | DataType::ListView(item) | DataType::LargeListView(item) => {
            DataType::List(plain_field(item))
        }
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(plain_field(item), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(plain_field(entries), *sorted),
        other => other.clone(),
    }
}

/// Returns a batch in the types of a schema of [`schema`]'s.
///
/// # Errors
/// When there are other columns, or values that do not fit.
fn batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    // A value that does not fit must not become null.
    let strictly = CastOptions { safe: false, ..CastOptions::default() };
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() {
            Ok(Arc::clone(column))
        } else {
            cast_with_options(column, field.data_type(), &strictly)
        }
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &rows)
}

/// Encodes batches as they come, in a schema of [`schema`]'s, which is sent first.
pub(super) fn encode(
    batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static,
    schema: SchemaRef,
) -> Response<DataStream> {
    let target = Arc::clone(&schema);
    let plain = batches.map(move |next| {
        let next = next.map_err(FlightError::from)?;
        batch(&next, &target).map_err(FlightError::from)
    });
    let encoded = FlightDataEncoderBuilder::new().with_schema(schema).build(plain);
    Response::new(Box::pin(encoded.map_err(Status::from)))
}

/// Encodes one batch that is there.
pub(super) fn encode_one(batch: RecordBatch) -> Response<DataStream> {
    let schema = batch.schema();
    encode(futures::stream::iter([Ok(batch)]), schema)
}

/// Returns a schema as bytes of IPC, as messages carry it.
pub(super) fn schema_bytes(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, ArrowError> = SchemaAsIpc::new(schema, &options).try_into();
    let IpcMessage(bytes) = message.map_err(|error| status::internal(&error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, Int64Array, StringArray, StringViewArray};
    use arrow::datatypes::Int32Type;
    use arrow_flight::decode::FlightRecordBatchStream;

    use super::*;

    #[tokio::test]
    async fn views_and_dictionaries_arrive_as_text_in_the_schema_that_was_announced() {
        let words = || vec![Some("gr"), None, Some("gr")];
        let dictionary: DictionaryArray<Int32Type> = words().into_iter().collect();
        let given = RecordBatch::try_from_iter([
            ("view", Arc::new(StringViewArray::from(words())) as ArrayRef),
            ("dictionary", Arc::new(dictionary) as ArrayRef),
            ("number", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
        ])
        .unwrap();
        let announced = schema(&given.schema());
        let sent = encode(futures::stream::iter([Ok(given)]), Arc::clone(&announced)).into_inner();
        let mut read = FlightRecordBatchStream::new_from_flight_data(sent.map_err(FlightError::from));
        let got = read.next().await.unwrap().unwrap();
        assert_eq!(got.schema(), announced);
        let text: ArrayRef = Arc::new(StringArray::from(words()));
        assert_eq!(got.column(0), &text);
        assert_eq!(got.column(1), &text);
        assert!(read.next().await.is_none());
    }

    #[tokio::test]
    async fn a_value_that_does_not_fit_is_an_error_and_no_null() {
        let given = RecordBatch::try_from_iter([("a", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]).unwrap();
        let other = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        let sent = encode(futures::stream::iter([Ok(given)]), other).into_inner();
        let read: Vec<Result<FlightData, Status>> = sent.collect().await;
        assert!(read[0].is_ok());
        assert!(read[1].is_err());
    }

    #[test]
    fn types_within_types_are_made_plain() {
        let item = Arc::new(Field::new("item", DataType::Utf8View, true));
        let plain_item = Arc::new(Field::new("item", DataType::Utf8, true));
        assert_eq!(plain(&DataType::LargeList(Arc::clone(&item))), DataType::List(Arc::clone(&plain_item)));
        assert_eq!(
            plain(&DataType::Struct(Fields::from(vec![item]))),
            DataType::Struct(Fields::from(vec![plain_item]))
        );
    }
}
