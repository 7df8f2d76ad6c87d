//! The tables, on a node with some data.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use arrow::array::{AsArray as _, RecordBatch};
use dataforge_protocol::id::BlobHash;
use dataforge_query::{Format, MetaTable, RunFilter, write};
use tokio::sync::mpsc;

use super::files;
use crate::api::{ApiError, ErrorKind, ImportOptions, NewTop, ProjectRequest, Reply, Request, TopsRequest};
use crate::core::Core;
use crate::node::Node;
use crate::sql::kept::Kept;
use crate::store::Use;

async fn call(node: &Node, request: Request) -> Reply {
    let (out, mut outputs) = mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drain.await.unwrap();
    reply.unwrap()
}

async fn init(node: &Node, name: &str) {
    let init = Request::Init { name: name.into(), person: Some("Ada".into()), device: Some("truck".into()) };
    call(node, init).await;
}

/// A log of one well; two with different values have curves that may be the same.
fn log(first: u32) -> String {
    let mut text = "~Version\nVERS. 2.0 :\nWRAP. NO :\n~Well\nSTRT.M 1 :\nSTOP.M 20 :\nSTEP.M 1 :\nNULL. -999.25 :\n\
                    WELL. Twin 1 :\nUWI. TWIN77 :\n~Curve\nDEPT.M :\nGR.GAPI : gamma ray\n~A\n"
        .to_owned();
    for depth in 1..=20 {
        writeln!(text, "{depth} {}", first + depth).unwrap();
    }
    text
}

/// A node with two logs of one well, a table of core, and a project.
async fn field(dir: &Path) -> Node {
    let node = Node::open(dir).await.unwrap();
    init(&node, "Field").await;
    let files = dir.join("files");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("one.las"), log(30)).unwrap();
    std::fs::write(files.join("two.las"), log(40)).unwrap();
    let core = "Sample,Depth (m),Porosity (%),Permeability (mD)\n1,1500.1,21.5,310\n2,1500.4,19,\n3,1500.9,22.1,280\n";
    std::fs::write(files.join("core.csv"), core).unwrap();
    let import = Request::Import { workspace: None, paths: vec![files], options: ImportOptions::default() };
    let Reply::Import(summary) = call(&node, import).await else { panic!("a summary") };
    assert_eq!((summary.imported, summary.failed), (3, 0), "{summary:?}");
    let create = ProjectRequest::Create { name: "Infill".into(), description: None };
    call(&node, Request::Projects { workspace: None, ask: create }).await;
    node
}

async fn csv_of(node: &Node, workspace: &str, sql: &str) -> String {
    let stream = node.ask(Some(workspace), sql.into()).await.unwrap();
    let mut out = Vec::new();
    write(stream, Format::Csv, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn csv(node: &Node, sql: &str) -> String {
    csv_of(node, "Field", sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_read_and_counted_alike() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    for table in MetaTable::ALL {
        let stream = node.ask(None, format!("select * from {table}").into()).await.unwrap();
        let rows = write(stream, Format::Csv, &mut Vec::<u8>::new()).await.unwrap().rows;
        let counted = csv(&node, &format!("select count(*) as n from {table}")).await;
        assert_eq!(counted, format!("n\n{rows}\n"), "{table}");
        let may_be_empty = matches!(
            table,
            MetaTable::Notices
                | MetaTable::Lineage
                | MetaTable::Attachments
                | MetaTable::Tops
                | MetaTable::Surveys
                | MetaTable::Selections
                | MetaTable::Charts
                | MetaTable::Dictionary
                | MetaTable::Peers
                | MetaTable::Transfers
        );
        assert!(rows > 0 || may_be_empty, "{table}");
    }
    assert_eq!(csv(&node, "select count(*) as n from peers").await, "n\n0\n", "there is no network, and nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    assert_eq!(csv(&node, "select well, wellbore, runs from wellbores where well = 'Twin 1'").await.lines().count(), 2);
    assert_eq!(csv(&node, "select kind, rows, held from tables").await, "kind,rows,held\ncore,3,true\n");
    let sql = "select count(*) as n from runs where kind <> 'log' and run_id not in (select run_id from tables)";
    assert_eq!(csv(&node, sql).await, "n\n0\n");
    assert_eq!(
        csv(&node, "select name, owner, archived, wells from projects").await,
        "name,owner,archived,wells\nInfill,Ada,false,0\n"
    );
    assert_eq!(
        csv(&node, "select person, device, state, self, entries > 0 as wrote from devices").await,
        "person,device,state,self,wrote\nAda,truck,live,true,true\n"
    );
    assert_eq!(csv(&node, "select count(*) as n from devices where last_entry_at is null").await, "n\n0\n");
    let sql = "select about, strategy, count(*) as sides, count(value) as named from conflicts group by 1, 2";
    assert_eq!(csv(&node, sql).await, "about,strategy,sides,named\ncurves,manual,2,2\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_and_properties_are_those_of_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let sql = "select base_unit, base_factor, base_offset from units where measurement = 'length' and symbol = 'ft'";
    assert_eq!(csv(&node, sql).await, "base_unit,base_factor,base_offset\nm,0.3048,0.0\n");
    let sql = "select distinct c.property, p.unit from curves c join properties p on p.property = c.property \
               where c.mnemonic = 'GR'";
    assert_eq!(csv(&node, sql).await, "property,unit\ngamma_ray,gAPI\n");
    let sql = "select p.property from properties p left join units u on u.measurement = p.measurement \
               and u.symbol = p.unit where u.symbol is null";
    assert_eq!(csv(&node, sql).await, "property\n", "every canonical unit is one");
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_told_with_who_holds_them_and_those_that_are_missing_as_transfers() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let odd = "select count(*) as n from blobs where not held or copies <> 1 or deleted or bytes <= 0";
    assert_eq!(csv(&node, odd).await, "n\n0\n");
    let blobs = csv(&node, "select count(*) as n from blobs").await.lines().last().unwrap().to_owned();
    let all = "select count(*) as n, bool_and(self) as self, max(copies) as copies from holdings";
    assert_eq!(csv(&node, all).await, format!("n,self,copies\n{blobs},true,1\n"));
    let kinds = "select kind, count(*) as n from blobs where run is not null and kind in ('table', 'source') \
                 group by kind order by kind";
    assert_eq!(csv(&node, kinds).await, "kind,n\nsource,3\ntable,3\n");
    assert_eq!(csv(&node, "select count(*) as n from transfers").await, "n\n0\n");

    let sql = "select blob from blobs where kind = 'table' and name is not null order by blob limit 1";
    let blob = csv(&node, sql).await.lines().last().unwrap().to_owned();
    node.locked(|core| {
        let workspace = core.find_workspace(None)?;
        core.store.give_up(&workspace, &[blob.parse().unwrap()])
    })
    .unwrap();
    node.look_for_blobs();
    let of = |columns: &str, table: &str| format!("select {columns} from {table} where blob = '{blob}'");
    assert_eq!(csv(&node, &of("held, copies", "blobs")).await, "held,copies\nfalse,0\n");
    assert_eq!(csv(&node, &of("count(*) as n", "holdings")).await, "n\n0\n");
    let transfer = of("kind, state, missing_bytes = bytes as whole, giving", "transfers");
    assert_eq!(csv(&node, &transfer).await, "kind,state,whole,giving\ntable,waiting,true,\n");
    assert_eq!(csv(&node, "select count(*) as n from transfers").await, "n\n1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_queries_hold_from_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let sql = "select 1 as n union all select 2";
    assert_eq!(csv(&node, sql).await.lines().count(), 3);
    node.change_config("query.max_rows", "1").unwrap();
    let stream = node.ask(Some("Field"), sql.into()).await.unwrap();
    let error = write(stream, Format::Csv, &mut Vec::<u8>::new()).await.unwrap_err();
    assert!(error.to_string().contains("query.max_rows"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_workspace_of_a_node_is_a_schema_as_soon_as_it_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    assert_eq!(csv(&node, "select current_schema() as own").await, "own\nField\n");
    let unknown = node.ask(Some("Field"), "select * from \"South Side\".wells".into()).await.unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Query);
    assert!(unknown.message.contains("there are \"Field\""), "{unknown:?}");
    init(&node, "South Side").await;
    assert_eq!(csv(&node, "select count(*) as n from \"South Side\".wells").await, "n\n0\n");
    let schemas = "select schema_name from information_schema.schemata order by 1";
    assert_eq!(csv(&node, schemas).await, "schema_name\nField\nSouth Side\n");
    // Its bytes are held for the other workspace only, and read as that one's.
    let samples = "select count(value) as n, max(value) as max from \"Field\".samples where curve = 'GR'";
    assert_eq!(csv_of(&node, "South Side", samples).await, "n,max\n40,60.0\n");
    assert_eq!(csv_of(&node, "South Side", "select count(*) as n from samples").await, "n\n0\n");
    let both = "select a.n as here, b.n as there from (select count(*) as n from wells) as a, \
                (select count(*) as n from \"Field\".runs) as b";
    assert_eq!(csv_of(&node, "South Side", both).await, "here,there\n0,3\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_read_again_once_something_was_written_that_it_may_show() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let kept = Kept::default().within(1 << 20);
    // Under one lock: nothing else is written in between.
    let checked = node.locked(|core| {
        let workspace = core.find_workspace(None)?;
        let made = Cell::new(0);
        let ask = |core: &mut Core, table: MetaTable| -> Result<(RecordBatch, i32), ApiError> {
            let batch = kept.rows(core, workspace, table, |core| {
                made.set(made.get() + 1);
                super::rows(core, workspace, table)
            });
            Ok((batch?, made.get()))
        };
        let held = |batch: &RecordBatch| batch["held"].as_boolean().true_count();
        let before = ask(core, MetaTable::Runs)?;
        assert_eq!((held(&before.0), before.1), (3, 1));
        assert_eq!(ask(core, MetaTable::Runs)?, before);
        let blob: BlobHash = before.0["blob"].as_string::<i32>().value(0).parse().unwrap();
        core.store.note_uses(&BTreeMap::from([(blob, Use { last_ms: 1, count: 1 })]))?;
        assert_eq!(ask(core, MetaTable::Runs)?, before, "that it was read is shown nowhere");
        core.store.give_up(&workspace, &[blob])?;
        let after = ask(core, MetaTable::Runs)?;
        assert_eq!((held(&after.0), after.1), (2, 2));
        for times in [3, 4] {
            assert_eq!(ask(core, MetaTable::Members)?.1, times, "it follows from more than the database");
        }
        assert_eq!(ask(core, MetaTable::Runs)?, (after.0, 4));
        Ok(())
    });
    checked.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_told_by_the_next_query() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let tops = "select tops.tops as picks, well, name, depth_m, tvd_m is null as unplaced from tops order by depth_m";
    let header = "picks,well,name,depth_m,unplaced\n";
    assert_eq!(csv(&node, tops).await, header);
    let ask = |ask| Request::Tops { workspace: None, ask };
    let create = TopsRequest::Create { well: "Twin 1".into(), title: "Picks".into(), description: String::new() };
    call(&node, ask(create)).await;
    assert_eq!(csv(&node, tops).await, header);
    let top = |name: &str, depth| NewTop { name: name.into(), depth, unit: "m".into(), ..NewTop::default() };
    let new = vec![top("Brent", 12.0), top("Draupne", 7.5)];
    call(&node, ask(TopsRequest::Add { target: "Picks".into(), new })).await;
    let two = "Picks,Twin 1,Draupne,7.5,true\nPicks,Twin 1,Brent,12.0,true\n";
    assert_eq!(csv(&node, tops).await, format!("{header}{two}"));
    call(&node, ask(TopsRequest::Rename { target: "Picks".into(), title: "Markers".into() })).await;
    assert_eq!(csv(&node, tops).await, format!("{header}{}", two.replace("Picks", "Markers")));
    call(&node, ask(TopsRequest::Delete { target: "Markers".into() })).await;
    assert_eq!(csv(&node, tops).await, header);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_named_are_those_that_match_of_all() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let checked = node.locked(|core| {
        let workspace = core.find_workspace(None)?;
        let connection = core.store.connection();
        let all = files::all(connection, workspace)?;
        assert_eq!(all.len(), 3);
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let (full, short) = (&*all[1].run_id, &*all[2].run);
        let (upper, long) = (full.to_uppercase(), format!("{full}0"));
        let runs: [&[&str]; 9] = [
            &[],
            &[full],
            &[short],
            &[&full[..5], full, short],
            &[""],
            &["zz", "é"],
            &[&upper],
            &[&long],
            &[&full[..63]],
        ];
        let by_run = runs.map(|ids| RunFilter { runs: texts(ids), ..RunFilter::default() });
        let wells: [&[&str]; 4] = [&[], &["Twin 1"], &["Twin 1", "twin 1", "Twin 1"], &["Elsewhere"]];
        let by_well = wells.map(|names| RunFilter { wells: texts(names), ..RunFilter::default() });
        let both = [
            RunFilter { wells: texts(&["Twin 1"]), curves: texts(&["GR"]), ..RunFilter::default() },
            RunFilter { wells: texts(&["Twin 1"]), runs: texts(&[""]), curves: texts(&["NONE"]) },
            RunFilter { wells: texts(&["Twin 1"]), runs: texts(&[short, full]), curves: None },
        ];
        for filter in by_run.into_iter().chain(by_well).chain(both) {
            let matching: Vec<_> = all.iter().filter(|run| files::matches(&filter, run)).cloned().collect();
            assert_eq!(files::named(connection, workspace, &filter)?, Some(matching), "{filter:?}");
        }
        // What has no well is found by no name of one.
        for filter in [RunFilter::default(), RunFilter { wells: texts(&["Twin 1", ""]), ..RunFilter::default() }] {
            assert_eq!(files::named(connection, workspace, &filter)?, None, "{filter:?}");
        }
        Ok(())
    });
    checked.unwrap();
}
