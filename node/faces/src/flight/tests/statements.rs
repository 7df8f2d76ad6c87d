//! Statements and their results.

use std::time::Duration;

use arrow::array::{ArrayRef, AsArray as _, Float64Array, StringArray};
use arrow::datatypes::{DataType, Int64Type};
use arrow_flight::sql::{ActionCancelQueryRequest, Any, ProstMessageExt as _};
use arrow_flight::{Action, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus};
use prost::Message as _;

use super::*;

const ENDLESS: &str = "select sum(value % 7) from generate_series(1, 1000000000000)";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_gives_its_rows() {
    let place = Place::new().await;
    let mut client = place.client().await;
    assert_eq!(csv(&ask(&mut client, "select name from wells").await.unwrap()), "Alpha 1\n");
    let sql = "select index_value, value from samples where curve = 'GR' and value is not null order by 1";
    assert_eq!(csv(&ask(&mut client, sql).await.unwrap()).lines().count(), 2);
    let none = ask(&mut client, "select name from wells where name = 'no'").await.unwrap();
    assert!(none.is_empty());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_result_comes_in_many_batches() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let batches = ask(&mut client, "select value from generate_series(1, 100000)").await.unwrap();
    assert!(batches.len() > 1);
    let sum: i64 = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().iter()).sum();
    assert_eq!(sum, 5_000_050_000);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_statements_run_at_once_on_one_connection() {
    let place = Place::new().await;
    let (mut one, mut two) = {
        let client = place.client().await;
        (client.clone(), client)
    };
    let (first, second) = tokio::join!(
        ask(&mut one, "select count(*) from generate_series(1, 200000)"),
        ask(&mut two, "select max(value) from generate_series(1, 300000)"),
    );
    assert_eq!(csv(&first.unwrap()), "200000\n");
    assert_eq!(csv(&second.unwrap()), "300000\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said() {
    let place = Place::new().await;
    let mut client = place.client().await;
    for (sql, part) in [
        ("selct 1", "selct"),
        ("select nam from wells", "nam"),
        ("select * from nowhere", "nowhere"),
        ("drop table wells", "only read"),
        ("insert into wells values (1)", "only read"),
    ] {
        let error = client.execute(sql.to_owned(), None).await.unwrap_err();
        assert_eq!(code(&error), Code::InvalidArgument, "{sql}");
        assert!(error.to_string().contains(part), "{sql}: {error}");
    }
    let error = client.execute("select 1".to_owned(), Some("tx".into())).await.unwrap_err();
    assert!(error.to_string().contains("no transactions"), "{error}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_statement_takes_parameters_again_and_again() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let sql = "select well, value from samples where well = ? and value > ? -- why?";
    let mut prepared = client.prepare(sql.to_owned(), None).await.unwrap();
    assert_eq!(prepared.dataset_schema().unwrap().field(1).data_type(), &DataType::Float64);
    let types: Vec<_> =
        prepared.parameter_schema().unwrap().fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(types, [DataType::Utf8, DataType::Float64]);

    let error = prepared.execute().await.unwrap_err();
    assert!(error.to_string().contains("2 parameters and 0 values"), "{error}");
    for (least, rows) in [(0.0, 2), (20.0, 1), (99.0, 0)] {
        prepared.set_parameters(row("Alpha 1", least)).unwrap();
        let info = prepared.execute().await.unwrap();
        let got = fetch(&mut client, info).await.unwrap();
        assert_eq!(csv(&got).lines().count(), rows, "{least}");
    }
    prepared.close().await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_execution_keeps_the_values_it_was_made_with() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let mut prepared =
        client.prepare("select value from samples where well = $1 and value > $2".to_owned(), None).await.unwrap();
    prepared.set_parameters(row("Alpha 1", 0.0)).unwrap();
    let first = prepared.execute().await.unwrap();
    prepared.set_parameters(row("Alpha 1", 99.0)).unwrap();
    let second = prepared.execute().await.unwrap();
    assert_eq!(csv(&fetch(&mut client, second).await.unwrap()).lines().count(), 0);
    assert_eq!(csv(&fetch(&mut client, first).await.unwrap()).lines().count(), 2);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_parameter_decides_is_announced_as_it_comes() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let mut prepared = client.prepare("select ? as x".to_owned(), None).await.unwrap();
    let text = RecordBatch::try_from_iter([("x", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]).unwrap();
    prepared.set_parameters(text).unwrap();
    let info = prepared.execute().await.unwrap();
    // That what comes is what was announced is checked there.
    assert_eq!(csv(&fetch(&mut client, info).await.unwrap()), "a\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_do_not_fit_are_refused() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let mut prepared =
        client.prepare("select value from samples where well = ? and value > ?".to_owned(), None).await.unwrap();
    let one = RecordBatch::try_from_iter([("x", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]).unwrap();
    prepared.set_parameters(one).unwrap();
    let error = prepared.execute().await.unwrap_err();
    assert!(error.to_string().contains("2 parameters, and 1 values came"), "{error}");
    let two_rows = RecordBatch::try_from_iter([
        ("a", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef),
        ("b", Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef),
    ]);
    prepared.set_parameters(two_rows.unwrap()).unwrap();
    let error = prepared.execute().await.unwrap_err();
    assert!(error.to_string().contains("one row"), "{error}");
    place.close().await;
}

fn row(well: &str, least: f64) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("well", Arc::new(StringArray::from(vec![well])) as ArrayRef),
        ("least", Arc::new(Float64Array::from(vec![least])) as ArrayRef),
    ])
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_and_tickets_expire_and_say_so() {
    let none = Duration::ZERO;
    let place = Place::within(Bounds { keep_ticket: none, keep_prepared: none, ..Bounds::default() }).await;
    let mut client = place.client().await;
    let mut prepared = client.prepare("select 1".to_owned(), None).await.unwrap();
    let error = prepared.execute().await.unwrap_err();
    assert_eq!(code(&error), Code::NotFound);
    assert!(error.to_string().contains("prepare it again"), "{error}");
    let error = ask(&mut client, "select 1").await.unwrap_err();
    assert_eq!(code(&error), Code::NotFound);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_statement_is_gone_and_can_be_closed_again() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let prepared = client.prepare("select 1".to_owned(), None).await.unwrap();
    let mut copy = prepared.clone();
    prepared.clone().close().await.unwrap();
    assert_eq!(code(&copy.execute().await.unwrap_err()), Code::NotFound);
    prepared.close().await.unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_dropped_frees_its_turn() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let work = async {
        // More than run at the same time.
        for _ in 0..8 {
            let info = client.execute(ENDLESS.to_owned(), None).await.unwrap();
            let stream = client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap();
            drop(stream);
        }
        ask(&mut client, "select 1").await.unwrap()
    };
    let answered = tokio::time::timeout(Duration::from_secs(60), work).await;
    assert_eq!(csv(&answered.expect("a turn is free")), "1\n");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_a_result_with_an_error_and_its_ticket() {
    let place = Place::new().await;
    let mut client = place.client().await;
    for old in [false, true] {
        let info = client.execute(ENDLESS.to_owned(), None).await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let mut stream = client.do_get(ticket.clone()).await.unwrap();
        assert_eq!(cancel(&mut client, &info, old).await, CancelStatus::Cancelled);
        let ended = tokio::time::timeout(Duration::from_secs(20), stream.try_next()).await.expect("it ends");
        assert_eq!(code(&ended.unwrap_err()), Code::Cancelled);
        assert_eq!(code(&client.do_get(ticket).await.unwrap_err()), Code::NotFound);
        assert_eq!(cancel(&mut client, &info, old).await, CancelStatus::NotCancellable);
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_waits_for_its_turn_can_be_cancelled() {
    let place = Place::new().await;
    let (mut client, mut waits) = (place.client().await, place.client().await);
    let info = client.execute(ENDLESS.to_owned(), None).await.unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    // As many as run at the same time.
    let mut running = Vec::new();
    for _ in 0..4 {
        let info = client.execute(ENDLESS.to_owned(), None).await.unwrap();
        running.push(client.do_get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap());
    }
    let cancelling = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        cancel(&mut client, &info, false).await
    };
    let both = futures::future::join(waits.do_get(ticket), cancelling);
    let (waited, cancelled) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it does not wait");
    assert_eq!(cancelled, CancelStatus::Cancelled);
    assert_eq!(code(&waited.unwrap_err()), Code::Cancelled);
    drop(running);
    place.close().await;
}

/// Cancels by the action of Flight, or by the older one of Flight SQL.
async fn cancel(client: &mut Client, info: &FlightInfo, old: bool) -> CancelStatus {
    let action = if old {
        let request = ActionCancelQueryRequest { info: info.encode_to_vec().into() };
        Action::new("CancelQuery", request.as_any().encode_to_vec())
    } else {
        Action::new("CancelFlightInfo", CancelFlightInfoRequest::new(info.clone()).encode_to_vec())
    };
    let result = client.do_action(action).await.unwrap().message().await.unwrap().unwrap();
    if old {
        let any = Any::decode(result.body).unwrap();
        let result: arrow_flight::sql::ActionCancelQueryResult = any.unpack().unwrap().unwrap();
        return CancelStatus::try_from(result.result).unwrap();
    }
    CancelFlightInfoResult::decode(result.body).unwrap().status()
}
