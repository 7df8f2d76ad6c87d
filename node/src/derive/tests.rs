//! Tests of derived runs on one node.

use tokio::sync::mpsc;

use super::*;
use crate::api::{ImportOptions, LineageInfo, Reply, Request, RunInfo, ShowReply};
use crate::ingest::sample::demo_files;

async fn call(node: &Node, request: Request) -> Reply {
    let (out, mut outputs) = mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await.unwrap();
    drain.await.unwrap();
    reply
}

async fn field(dir: &Path) -> Node {
    let node = Node::open(dir).await.unwrap();
    call(&node, Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("truck".into()) }).await;
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    for (name, text) in demo_files() {
        std::fs::write(logs.join(name), text).unwrap();
    }
    call(&node, Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() }).await;
    node
}

async fn runs(node: &Node) -> Vec<RunInfo> {
    match call(node, Request::Runs { workspace: None, well: None }).await {
        Reply::Runs { runs } => runs,
        other => panic!("{other:?}"),
    }
}

async fn show(node: &Node, run: &str) -> ShowReply {
    match call(node, Request::Show { workspace: None, target: run.to_owned() }).await {
        Reply::Show(reply) => reply,
        other => panic!("{other:?}"),
    }
}

const TABLE: &str = "DEPT,VSH\n1000,0.25\n1001,\n1002,0.75\n";

fn ask(run: &RunInfo) -> DeriveRequest {
    DeriveRequest {
        well: run.well_id.clone(),
        name: "Vshale".into(),
        sources: vec![format!("{}:1", run.id)],
        tool: "vsh".into(),
        version: "1.0".into(),
        parameters: Some("{\"max\": 120, \"clean\": 20}".into()),
        units: vec![("VSH".into(), "v/v".into())],
        index_unit: Some("m".into()),
        ..DeriveRequest::default()
    }
}

async fn derive(node: &Node, ask: DeriveRequest, table: &str) -> Result<DerivedReply, ApiError> {
    node.derive(None, ask, Bytes::from(table.to_owned())).await
}

/// Entries and blobs that the node has.
fn counts(node: &Node) -> (i64, i64) {
    let count = |sql: &str| node.block(|core| Ok(core.store.connection().query_row(sql, [], |row| row.get(0))?));
    (count("SELECT count(*) FROM entries").unwrap(), count("SELECT count(*) FROM blob_refs").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_input_is_one_run_and_any_other_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let first = derive(&node, ask(&source), TABLE).await.unwrap();
    assert_eq!((first.outcome.as_str(), first.rows, first.curves), ("derived", 3, 1), "{first:?}");
    assert!(first.warnings.is_empty(), "{first:?}");
    let before = counts(&node);
    let sorted = DeriveRequest { parameters: Some("{\"clean\":20,\"max\":120}".into()), ..ask(&source) };
    let called = DeriveRequest { name: "Another name".into(), ..sorted };
    let again = derive(&node, called, "DEPT,VSH\n1000.0,0.25\n1001.0,NaN\n1002.0,0.750\n").await.unwrap();
    assert_eq!((&again.run, &again.blob, again.outcome.as_str()), (&first.run, &first.blob, "already here"));
    assert_eq!(again.name, "Vshale", "a name that is given stays");
    assert_eq!(counts(&node), before, "nothing is written");
    let others = [
        (ask(&source), TABLE.replace("0.75", "0.76")),
        (DeriveRequest { version: "1.1".into(), ..ask(&source) }, TABLE.to_owned()),
        (DeriveRequest { parameters: None, ..ask(&source) }, TABLE.to_owned()),
        (DeriveRequest { sources: vec![source.id.clone()], ..ask(&source) }, TABLE.to_owned()),
        (DeriveRequest { units: Vec::new(), ..ask(&source) }, TABLE.to_owned()),
    ];
    let mut ids = std::collections::BTreeSet::from([first.run]);
    for (ask, table) in others {
        let other = derive(&node, ask, &table).await.unwrap();
        assert_eq!(other.outcome, "derived");
        assert!(ids.insert(other.run), "another run");
    }
    let still = runs(&node).await.into_iter().find(|run| run.id == source.id).unwrap();
    assert_eq!(still, source, "what it was made of is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_derived_run_tells_what_it_was_made_of_also_after_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let curve = show(&node, &source.id).await.curves.swap_remove(0);
    let with = DeriveRequest {
        description: Some(" Larionov ".into()),
        sources: vec![format!("{}:{}@{}", source.id, curve.curve, source.blob)],
        ..ask(&source)
    };
    let made = derive(&node, with, TABLE).await.unwrap();
    let told = show(&node, &made.run).await;
    let [lineage]: [LineageInfo; 1] = told.lineage.clone().try_into().unwrap();
    assert_eq!((lineage.run.as_str(), lineage.tool.as_str(), lineage.version.as_str()), (&*made.short, "vsh", "1.0"));
    assert_eq!(lineage.parameters, "{\"clean\":20,\"max\":120}");
    assert_eq!(lineage.description.as_deref(), Some("Larionov"));
    let of = &lineage.sources[0];
    assert_eq!((&of.run_id, &of.name, of.ordinal), (&source.id, &Some(source.name.clone()), Some(curve.ordinal)));
    assert_eq!((&of.curve, &of.blob), (&Some(curve.mnemonic), &source.blob));
    let run = &told.runs[0];
    assert_eq!((run.name.as_str(), run.well_id.as_str(), run.held), ("Vshale", source.well_id.as_str(), true));
    assert!(run.acquisition.contains(&("acquisition".into(), "computed".into())), "{run:?}");
    call(&node, Request::Rebuild).await;
    assert_eq!(show(&node, &made.run).await, told);
    assert!(show(&node, &source.id).await.lineage.is_empty());
    // One derived run may be made of another.
    let next = DeriveRequest { sources: vec![format!("{}:VSH", made.run)], ..ask(&source) };
    let next = derive(&node, next, TABLE).await.unwrap();
    assert_eq!(show(&node, &next.run).await.lineage[0].sources[0].run_id, made.run);
    call(&node, Request::Delete { workspace: None, target: made.run.clone() }).await;
    assert_eq!(show(&node, &next.run).await.lineage[0].sources[0].name, None, "its source is deleted");
    let again = DeriveRequest { description: Some("Larionov".into()), ..ask(&source) };
    let again = DeriveRequest { sources: vec![format!("{}:{}", source.id, curve.ordinal)], ..again };
    let again = derive(&node, again, TABLE).await.unwrap();
    assert_eq!((again.run, again.outcome.as_str()), (made.run, "restorable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_computed_takes_no_place_from_what_was_measured() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let is_preferred = async |run: &str| {
        let curves = show(&node, run).await.curves;
        curves.into_iter().find(|curve| curve.property.as_deref() == Some("gamma_ray")).unwrap().preferred
    };
    assert!(is_preferred(&source.id).await);
    let rows: String = (0..20_000).map(|depth| format!("{depth},50\n")).collect();
    let gamma_ray = DeriveRequest { units: vec![("GR".into(), "gAPI".into())], ..ask(&source) };
    let made = derive(&node, gamma_ray, &format!("DEPT,GR\n{rows}")).await.unwrap();
    assert_eq!((is_preferred(&source.id).await, is_preferred(&made.run).await), (true, false), "although it has more");
    let choose = Request::Prefer {
        workspace: None,
        well: source.well_id.clone(),
        property: "gamma_ray".into(),
        curve: Some(format!("{}:1", made.run)),
    };
    call(&node, choose).await;
    assert_eq!((is_preferred(&source.id).await, is_preferred(&made.run).await), (false, true), "somebody chose it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let before = counts(&node);
    let zeros = "0".repeat(64);
    let cases = [
        (DeriveRequest { well: "nowhere".into(), ..ask(&source) }, ErrorKind::NotFound, "no well"),
        (DeriveRequest { sources: Vec::new(), ..ask(&source) }, ErrorKind::Usage, "no source"),
        (DeriveRequest { sources: vec!["nothing".into()], ..ask(&source) }, ErrorKind::NotFound, "no run \"nothing\""),
        (DeriveRequest { sources: vec!["nothing:GR".into()], ..ask(&source) }, ErrorKind::NotFound, "no run"),
        (
            DeriveRequest { sources: vec![format!("{}:NONE", source.id)], ..ask(&source) },
            ErrorKind::NotFound,
            "no curve \"NONE\"",
        ),
        (
            DeriveRequest { sources: vec![format!("{}:1@{zeros}", source.id)], ..ask(&source) },
            ErrorKind::Input,
            "now, not 0000000000",
        ),
        (
            DeriveRequest { sources: vec![source.id.clone(); lineage::MAX_SOURCES + 1], ..ask(&source) },
            ErrorKind::Usage,
            "at most 256",
        ),
        (DeriveRequest { name: " ".into(), ..ask(&source) }, ErrorKind::Usage, "name of the run"),
        (DeriveRequest { tool: String::new(), ..ask(&source) }, ErrorKind::Usage, "name of the tool"),
        (DeriveRequest { version: "a\nb".into(), ..ask(&source) }, ErrorKind::Usage, "version of the tool"),
        (DeriveRequest { parameters: Some("[]".into()), ..ask(&source) }, ErrorKind::Input, "no object"),
        (DeriveRequest { units: vec![("PHIE".into(), "%".into())], ..ask(&source) }, ErrorKind::Usage, "no column"),
        (
            DeriveRequest { description: Some("x".repeat(MAX_DESCRIPTION_CHARS + 1)), ..ask(&source) },
            ErrorKind::Usage,
            "description",
        ),
    ];
    for (ask, kind, word) in cases {
        let error = derive(&node, ask, TABLE).await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(word), "{word}: {:?} {error}", error.kind);
    }
    let error = derive(&node, ask(&source), "DEPT,VSH\n1,0.5\n1,0.5\n").await.unwrap_err();
    assert!(error.kind == ErrorKind::Input && error.message.contains("index DEPT, row 2"), "{error}");
    assert_eq!(counts(&node), before);
    assert_eq!(node.derive(Some("Other"), ask(&source), Bytes::new()).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_may_say_itself_what_it_was_made_of() {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array};
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::writer::StreamWriter;
    use arrow::record_batch::RecordBatch;

    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let stream = |said: String| {
        let fields = ["DEPT", "VSH"].map(|name| Field::new(name, DataType::Float64, true));
        let metadata = HashMap::from([(table::REQUEST.to_owned(), said)]);
        let schema = Arc::new(Schema::new_with_metadata(fields.to_vec(), metadata));
        let depths: ArrayRef = Arc::new(Float64Array::from(vec![1000.0, 1001.0, 1002.0]));
        let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.25), None, Some(0.75)]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![depths, values]).unwrap();
        let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        Bytes::from(writer.into_inner().unwrap())
    };
    let table = stream(serde_json::to_string(&ask(&source)).unwrap());
    let made = node.derive(None, DeriveRequest::default(), table.clone()).await.unwrap();
    assert_eq!((made.outcome.as_str(), made.name.as_str()), ("derived", "Vshale"));
    let same = derive(&node, ask(&source), TABLE).await.unwrap();
    assert_eq!((same.run, same.outcome.as_str()), (made.run.clone(), "already here"));
    let other = DeriveRequest { version: "2".into(), ..DeriveRequest::default() };
    let other = node.derive(None, other, table).await.unwrap();
    assert_ne!(other.run, made.run, "what is said beside it wins");
    let error = node.derive(None, ask(&source), stream("{".into())).await.unwrap_err();
    assert!(error.kind == ErrorKind::Input && error.message.contains("says of itself"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_about_a_table_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let source = runs(&node).await.swap_remove(0);
    let units = vec![("VSH".into(), "furlong/fortnight".into()), ("PAY".into(), "%".into())];
    let odd = DeriveRequest { units, index_unit: None, ..ask(&source) };
    let made = derive(&node, odd, "DEPT,VSH,PAY,PHIE,LITH\n1,0.5,1,,sand\n").await.unwrap();
    let told = made.warnings.join("\n");
    for word in ["no unit for the index DEPT", "VSH is not known", "PHIE has no unit", "LITH holds text"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(!told.contains("PAY"), "{told}");
}
