//! Tables of others are not believed: neither what a member says of a good table, nor a table that
//! is none.

use dataforge_protocol::document::{RunState, rendition_id};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::RenditionFacts;
use dataforge_protocol::id::{BlobHash, DocId};
use dataforge_tests::forger::{Forger, secret_of};
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, invite, wait_until};

/// A workspace of Ada's, who is up, with an editor who has all of it and means no good.
fn field() -> (Place, Up, Place, DocId, tempfile::TempDir) {
    let (ada, eve, logs) = (Place::new("ada"), Place::new("eve"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    write_las(logs.path(), 1, 60, 2, 3);
    write_las(logs.path(), 2, 60, 2, 3);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let up = ada.up();
    invite(&ada, &eve, "editor");
    assert_eq!(eve.json(&["sync"])["blobs_missing"], 0);
    let runs = ada.json(&["runs"])["runs"].clone();
    let run = runs.as_array().unwrap().iter().find(|run| run["well"] == "Test 1").unwrap();
    let run = run["id"].as_str().unwrap().parse().unwrap();
    (ada, up, eve, run, logs)
}

/// Writes another table of a run, chosen as the default one, as `lie` has it.
async fn forge(eve: &Place, up: &Up, run: DocId, blob: Option<BlobRef>, lie: impl FnOnce(&mut RenditionFacts)) {
    let mut forger = Forger::new(eve.path(), secret_of(eve));
    let entries = forger.edit(run, blob.into_iter().collect(), |document, actor| {
        let mut facts = RunState::read(document).renditions.remove(0);
        lie(&mut facts);
        let mut changes = document.add_rendition(actor, facts.clone())?;
        let id = rendition_id(&facts);
        changes.extend(document.edit(actor, |edit| edit.choose_rendition(&id))?);
        Ok(changes)
    });
    forger.push(up, &entries).await;
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

const WELLS: &str = "select well, count(*) as n from samples group by well order by well";

fn refusal(place: &Place, run: &DocId) -> Option<String> {
    let runs = place.json(&["runs"])["runs"].clone();
    let run = runs.as_array().unwrap().iter().find(|found| found["id"] == run.to_string().as_str()).unwrap();
    run["refused"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_what_its_facts_say_is_not_used() {
    let (ada, up, eve, run, logs) = field();
    assert_eq!(csv(&ada, WELLS), "well,n\nTest 1,120\nTest 2,120\n");
    // Statistics that lie would make queries skip what they should find.
    let lie = |facts: &mut RenditionFacts| {
        facts.reader = "las/999".to_owned();
        facts.curves[0].max = Some(1.0);
    };
    Box::pin(forge(&eve, &up, run, None, lie)).await;
    wait_until("the table was checked", || refusal(&ada, &run).is_some());
    let why = refusal(&ada, &run).unwrap();
    assert!(why.contains("column 2 goes from"), "{why}");
    assert_eq!(csv(&ada, WELLS), "well,n\nTest 2,120\n");
    // Nothing is lost: who has the source reads it again.
    ada.json(&["import", logs.path().to_str().unwrap()]);
    assert_eq!((refusal(&ada, &run), csv(&ada, WELLS)), (None, "well,n\nTest 1,120\nTest 2,120\n".to_owned()));
    ada.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_file_in_place_of_a_table_does_not_take_the_node_down() {
    let (ada, up, eve, run, logs) = field();
    let hostile = logs.path().join("hostile.parquet");
    let bytes = [&b"PAR1"[..], &[0xff; 5000], &[0xff, 0xff, 0xff, 0x7f], b"PAR1"].concat();
    std::fs::write(&hostile, &bytes).unwrap();
    eve.json(&["attach", hostile.to_str().unwrap()]);
    eve.json(&["sync"]);
    let blob = BlobRef { hash: BlobHash::of(&bytes), size: bytes.len() as u64 };
    Box::pin(forge(&eve, &up, run, Some(blob), |facts| {
        facts.blob = blob.hash;
        facts.blob_size = blob.size;
    }))
    .await;
    wait_until("the file was checked", || refusal(&ada, &run).is_some());
    assert_eq!(csv(&ada, WELLS), "well,n\nTest 2,120\n");
    let out = logs.path().join("out.las");
    let said = ada.fails(&["export", &run.to_string(), "--out", out.to_str().unwrap()], 9);
    assert!(said.contains("is not what its run says"), "{said}");
    assert!(ada.json(&["status"])["up"].as_bool().unwrap());
    ada.verify();
}

/// The same for who reads tables by parts: its footer is looked at before the rest is.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_file_is_no_table_to_who_reads_by_parts_either() {
    let (ada, up, eve, run, logs) = field();
    let cid = Place::new("cid");
    cid.json(&["config", "set", "cache.policy", "demand"]);
    invite(&ada, &cid, "viewer");
    let sound = "select well, count(*) as n from samples where well = 'Test 2' group by well";
    cid.json(&["sync"]);
    assert_eq!(csv(&cid, sound), "well,n\nTest 2,120\n");
    let hostile = logs.path().join("hostile.parquet");
    let bytes = [&b"PAR1"[..], &[0x19; 5000], &[0x88, 0x13, 0, 0], b"PAR1"].concat();
    std::fs::write(&hostile, &bytes).unwrap();
    eve.json(&["attach", hostile.to_str().unwrap()]);
    eve.json(&["sync"]);
    let blob = BlobRef { hash: BlobHash::of(&bytes), size: bytes.len() as u64 };
    Box::pin(forge(&eve, &up, run, Some(blob), |facts| {
        facts.blob = blob.hash;
        facts.blob_size = blob.size;
    }))
    .await;
    cid.json(&["sync"]);
    let said = cid.fails(&["query", &format!("select max(c0) from run('{run}')")], 10);
    assert!(said.contains("is not what its run says"), "{said}");
    assert_eq!(csv(&cid, sound), "well,n\nTest 2,120\n");
    cid.verify();
}
