//! What drivers ask about the server, its tables and their columns.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{DataType, Schema};
use arrow_flight::IpcMessage;
use arrow_flight::sql::{
    CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetTables, CommandGetXdbcTypeInfo, SqlInfo, XdbcDataType,
};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_is() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let info = client.get_sql_info(vec![SqlInfo::FlightSqlServerName, SqlInfo::FlightSqlServerReadOnly]).await.unwrap();
    let got = fetch(&mut client, info).await.unwrap();
    assert_eq!(got[0].num_rows(), 2);
    let shown = arrow::util::pretty::pretty_format_batches(&got).unwrap().to_string();
    assert!(shown.contains("{string_value=DataForge}"), "{shown}");
    assert!(shown.contains("{bool_value=true}"), "{shown}");
    let info = client.get_sql_info(Vec::new()).await.unwrap();
    assert!(fetch(&mut client, info).await.unwrap()[0].num_rows() > 50);

    let wanted = CommandGetXdbcTypeInfo { data_type: Some(XdbcDataType::XdbcDouble as i32) };
    let info = client.get_xdbc_type_info(wanted).await.unwrap();
    let got = fetch(&mut client, info).await.unwrap();
    assert_eq!(got[0].column_by_name("type_name").unwrap().as_string::<i32>().value(0), "DOUBLE");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogs_schemas_and_tables_are_those_of_sql() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let from = "from information_schema.tables";
    let info = client.get_catalogs().await.unwrap();
    let catalogs = csv(&fetch(&mut client, info).await.unwrap());
    assert_eq!(catalogs, csv(&ask(&mut client, &format!("select distinct table_catalog {from}")).await.unwrap()));

    let info = client.get_db_schemas(CommandGetDbSchemas::default()).await.unwrap();
    let schemas = csv(&fetch(&mut client, info).await.unwrap());
    let sql = format!("select distinct table_catalog, table_schema {from} order by 1, 2");
    assert_eq!(schemas, csv(&ask(&mut client, &sql).await.unwrap()));
    let only = CommandGetDbSchemas { catalog: None, db_schema_filter_pattern: Some("information%".to_owned()) };
    let info = client.get_db_schemas(only).await.unwrap();
    assert_eq!(csv(&fetch(&mut client, info).await.unwrap()).lines().count(), 1);

    let info = client.get_tables(CommandGetTables::default()).await.unwrap();
    let tables = csv(&fetch(&mut client, info).await.unwrap());
    let sql = format!("select table_catalog, table_schema, table_name {from} order by 1, 2, 3");
    let expected = csv(&ask(&mut client, &sql).await.unwrap());
    let named: Vec<&str> = tables.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    assert_eq!(named, expected.lines().collect::<Vec<_>>());
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_filtered_by_name_and_kind() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let wells = CommandGetTables { table_name_filter_pattern: Some("well_".to_owned()), ..CommandGetTables::default() };
    let info = client.get_tables(wells).await.unwrap();
    let got = csv(&fetch(&mut client, info).await.unwrap());
    assert!(got.ends_with(",wells,TABLE\n"), "{got}");
    assert_eq!(got.lines().count(), 1);

    let info = client.get_table_types().await.unwrap();
    assert_eq!(csv(&fetch(&mut client, info).await.unwrap()), "TABLE\nVIEW\n");
    let mut counts = BTreeMap::new();
    for kind in ["TABLE", "VIEW", "OTHER"] {
        let only = CommandGetTables { table_types: vec![kind.to_owned()], ..CommandGetTables::default() };
        let info = client.get_tables(only).await.unwrap();
        counts.insert(kind, csv(&fetch(&mut client, info).await.unwrap()).lines().count());
    }
    assert!(counts["TABLE"] > 10 && counts["VIEW"] > 0, "{counts:?}");
    assert_eq!(counts["OTHER"], 0);
    let other = CommandGetTables { catalog: Some("other".to_owned()), ..CommandGetTables::default() };
    let info = client.get_tables(other).await.unwrap();
    assert_eq!(csv(&fetch(&mut client, info).await.unwrap()), "");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_of_each_table_is_that_of_its_rows() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let all = CommandGetTables { include_schema: true, ..CommandGetTables::default() };
    let info = client.get_tables(all).await.unwrap();
    let tables = fetch(&mut client, info).await.unwrap();
    let mut count = 0;
    for batch in &tables {
        let text = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
        let schemas = batch.column(4).as_binary::<i32>();
        for row in 0..batch.num_rows() {
            assert!(schemas.is_valid(row));
            let said = Schema::try_from(IpcMessage(schemas.value(row).to_vec().into())).unwrap();
            let sql = format!("select * from \"{}\".\"{}\".\"{}\"", text(0, row), text(1, row), text(2, row));
            let info = client.execute(format!("{sql} limit 3"), None).await.unwrap();
            assert_eq!(info.clone().try_decode_schema().unwrap(), said, "{sql}");
            // That what comes is what was announced is checked there.
            fetch(&mut client, info).await.unwrap();
            let readable = |data_type: &DataType| !matches!(data_type, DataType::Utf8View | DataType::Dictionary(..));
            assert!(said.fields().iter().all(|field| readable(field.data_type())), "{sql}");
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_keys_and_their_lists_say_so() {
    let place = Place::new().await;
    let mut client = place.client().await;
    let table = || "wells".to_owned();
    let primary = CommandGetPrimaryKeys { table: table(), ..CommandGetPrimaryKeys::default() };
    let exported = CommandGetExportedKeys { table: table(), ..CommandGetExportedKeys::default() };
    let imported = CommandGetImportedKeys { table: table(), ..CommandGetImportedKeys::default() };
    let infos = [
        (6, client.get_primary_keys(primary).await.unwrap()),
        (13, client.get_exported_keys(exported).await.unwrap()),
        (13, client.get_imported_keys(imported).await.unwrap()),
        (13, client.get_cross_reference(CommandGetCrossReference::default()).await.unwrap()),
    ];
    for (columns, info) in infos {
        assert_eq!(info.clone().try_decode_schema().unwrap().fields().len(), columns);
        let rows: usize = fetch(&mut client, info).await.unwrap().iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, 0);
    }
    place.close().await;
}
