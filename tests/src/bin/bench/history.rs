//! The history of one well with many changes: making one more, listing it, saying who wrote what, comparing
//! two states.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use dataforge_node::api::{HistoryRequest, Request};
use dataforge_tests::las::write_las;

use super::{median, story};

/// Fields that changes go round.
const FIELDS: [&str; 3] = ["field", "company", "country"];
/// Times that each request is made.
const TIMES: usize = 5;
/// Changes at the beginning and at the end whose time is told.
const EDITS: usize = 20;

/// Changes a well so many times, and prints how long its history takes.
pub(super) async fn history(dir: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs)?;
    write_las(&logs, 1, 40, 2, 29);
    let node = story::begin(&dir.join("node")).await?;
    story::import(&node, &logs, |_| {}).await?;
    let target = "Test 1".to_owned();
    let mut edits = Vec::new();
    for (number, field) in (0..count).zip(FIELDS.iter().cycle()) {
        let (field, value) = ((*field).to_owned(), format!("value {number}"));
        let started = Instant::now();
        story::call(&node, Request::Set { workspace: None, target: target.clone(), field, value }).await?;
        edits.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let part = EDITS.min(edits.len());
    let (first, last) = (edits[..part].to_vec(), edits[edits.len() - part..].to_vec());
    println!("one change: {:.2} ms at first, {:.2} ms after {count}", median(first), median(last));
    let ask = |ask| Request::History { workspace: None, ask };
    let requests = [
        (
            "log",
            Request::Log { workspace: None, target: Some(target.clone()), member: None, void: false, limit: count },
        ),
        ("blame", ask(HistoryRequest::Blame { target: target.clone(), at: None })),
        ("diff", ask(HistoryRequest::Diff { target, from: format!("~{}", count / 2), to: None })),
    ];
    for (name, request) in requests {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let started = Instant::now();
            story::call(&node, request.clone()).await?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        println!("history of {count} changes: {name} in {:.1} ms", median(times));
    }
    node.close().await;
    Ok(())
}
