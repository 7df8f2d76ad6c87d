//! Calls that are refused, and those of Flight that are not of SQL.

use std::collections::HashMap;

use arrow::array::{ArrayRef, Int64Array};
use arrow::datatypes::Schema;
use arrow_flight::sql::{CommandStatementIngest, CommandStatementQuery, EndTransaction, ProstMessageExt as _};
use arrow_flight::{Action, Criteria, Empty, FlightDescriptor, IpcMessage};
use prost::Message as _;
use tonic::metadata::AsciiMetadataValue;

use super::*;

fn bearer(place: &Place) -> AsciiMetadataValue {
    format!("Bearer {}", place.token).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_would_write_is_refused_and_says_that_it_is_read_only() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let update = client.execute_update("delete from wells".to_owned(), None).await.unwrap_err();
    let mut prepared = client.prepare("select 1".to_owned(), None).await.unwrap();
    let prepared_update = prepared.execute_update().await.unwrap_err();
    let ingest = CommandStatementIngest {
        table_definition_options: None,
        table: "wells".to_owned(),
        schema: None,
        catalog: None,
        temporary: false,
        transaction_id: None,
        options: HashMap::new(),
    };
    let batch = RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let ingest = client.execute_ingest(ingest, futures::stream::iter([Ok(batch)])).await.unwrap_err();
    for error in [update, prepared_update, ingest] {
        assert!(error.to_string().contains("read-only"), "{error}");
    }
    assert_eq!(code(&client.begin_transaction().await.unwrap_err()), Code::Unimplemented);
    let end = client.end_transaction("tx".into(), EndTransaction::Commit).await.unwrap_err();
    assert!(end.to_string().contains("no transactions"), "{end}");
    assert_eq!(csv(&ask(&mut client, "select count(*) from wells").await.unwrap()), "1\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_can_be_had_by_itself_and_by_polling() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let query = CommandStatementQuery { query: "select 1 as a".to_owned(), transaction_id: None };
    let descriptor = FlightDescriptor::new_cmd(query.as_any().encode_to_vec());
    let authorised = |descriptor: &FlightDescriptor| {
        let mut request = tonic::Request::new(descriptor.clone());
        request.metadata_mut().insert("authorization", bearer(&place));
        request
    };
    let got = client.inner_mut().get_schema(authorised(&descriptor)).await.unwrap().into_inner();
    let schema = Schema::try_from(IpcMessage(got.schema)).unwrap();
    assert_eq!(schema.field(0).name(), "a");
    let polled = client.inner_mut().poll_flight_info(authorised(&descriptor)).await.unwrap().into_inner();
    assert_eq!(polled.flight_descriptor, None);
    assert_eq!(csv(&fetch(&mut client, polled.info.unwrap()).await.unwrap()), "1\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_that_are_listed_are_done_and_others_are_named() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let mut request = tonic::Request::new(Empty {});
    request.metadata_mut().insert("authorization", bearer(&place));
    let listed: Vec<_> =
        client.inner_mut().list_actions(request).await.unwrap().into_inner().try_collect().await.unwrap();
    let names: Vec<String> = listed.into_iter().map(|action| action.r#type).collect();
    assert!(names.contains(&"CancelFlightInfo".to_owned()) && !names.contains(&"BeginTransaction".to_owned()));

    let error = client.do_action(Action::new("Brew", "")).await.unwrap_err();
    assert!(error.to_string().contains("Brew"), "{error}");
    // Each one that is listed is known: whatever comes of a body that is none, it is not that.
    for name in names {
        if let Err(error) = client.do_action(Action::new(name.clone(), "")).await {
            assert_ne!(code(&error), Code::Unimplemented, "{name}");
        }
    }
    let mut request = tonic::Request::new(Criteria::default());
    request.metadata_mut().insert("authorization", bearer(&place));
    let error = client.inner_mut().list_flights(request).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused_and_the_next_call_answered() {
    let place = Place::new().await;
    let mut client = place.client().await;
    for ticket in [&b""[..], b"\xff\xff\xff", b"select 1"] {
        assert!(client.do_get(arrow_flight::Ticket::new(ticket.to_vec())).await.is_err());
    }
    let error = client.do_put(futures::stream::iter([arrow_flight::FlightData::default()])).await.unwrap_err();
    assert_eq!(code(&error), Code::InvalidArgument);
    assert_eq!(csv(&ask(&mut client, "select 1").await.unwrap()), "1\n");
    place.close().await;
}
