//! Bit rot: found, given to nobody, and repaired from whoever holds a good copy.

use std::path::{Path, PathBuf};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join};
use serde_json::Value;

/// Bytes of an attachment whose outboard is a file.
const LARGE: usize = 4_500_000;

fn file_of(place: &Place, hash: &Value, extension: &str) -> PathBuf {
    place.path().join("blobs/data").join(format!("{}.{extension}", hash.as_str().unwrap()))
}

/// Flips a bit in the middle of a file.
fn rot(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

fn problems(output: &[u8]) -> Vec<String> {
    let report: Value = serde_json::from_slice(output).unwrap();
    report["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_damaged_is_found_given_to_nobody_and_repaired_from_a_peer() {
    let files = tempfile::tempdir().unwrap();
    write_las(files.path(), 1, 800, 5, 3);
    let mut scan = vec![0; LARGE];
    fastrand::Rng::with_seed(4).fill(&mut scan);
    std::fs::write(files.path().join("scan.bin"), &scan).unwrap();
    let (ada, bob, cid) = (Place::new("ada"), Place::new("bob"), Place::new("cid"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", files.path().to_str().unwrap()]);
    let up = join(&ada, &bob, "editor");
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0);
    drop(up);
    let table = ada.json(&["runs"])["runs"][0]["blob"].clone();
    let attachment = ada.json(&["attachments"])["attachments"][0]["blob"].clone();
    rot(&file_of(&ada, &table, "data"));
    rot(&file_of(&ada, &attachment, "obao4"));

    let said = ada.run(["--json", "verify"]);
    assert_eq!(said.status.code(), Some(9));
    let found = problems(&said.stdout);
    assert!(found.iter().any(|problem| problem.contains(table.as_str().unwrap())), "{found:?}");
    assert!(found.iter().any(|problem| problem.contains(attachment.as_str().unwrap())), "{found:?}");
    // What is damaged is nobody's to have.
    assert_eq!(ada.json(&["runs"])["runs"][0]["held"], false);
    let up = join(&ada, &cid, "editor");
    assert_eq!(cid.json(&["sync", "--timeout", "5"])["blobs_missing"], 2, "neither the table nor the scan");
    drop(up);

    let alone = ada.run(["--json", "verify", "--repair"]);
    assert_eq!(alone.status.code(), Some(0), "the outboard needs nobody, and the table is not held any more");
    assert_eq!(ada.json(&["verify"])["blobs"], 2);
    let up = bob.up();
    let (device, address) = (up.reply["device_id"].as_str().unwrap(), up.reply["addresses"][0].as_str().unwrap());
    assert_eq!(ada.json(&["sync", "--peer", &format!("{device}@{address}")])["blobs_missing"], 0);
    ada.verify();

    rot(&file_of(&ada, &table, "data"));
    let repaired = ada.json(&["verify", "--repair"]);
    assert_eq!(repaired["repaired"].as_array().map(Vec::len), Some(1), "{repaired}");
    ada.verify();
    assert_eq!(ada.json(&["runs"])["runs"][0]["held"], true);
}
