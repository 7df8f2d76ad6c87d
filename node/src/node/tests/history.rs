//! Going back and forth on one node.

use super::*;
use crate::api::{HistoryRequest, TakenBackReply, WellInfo};

async fn first_well(node: &Node) -> WellInfo {
    match call(node, Request::Wells { workspace: None }).await {
        Ok(Reply::Wells { wells }) => wells.first().cloned().unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn ask(node: &Node, ask: HistoryRequest) -> Result<TakenBackReply, ApiError> {
    match call(node, Request::History { workspace: None, ask }).await? {
        Reply::TakenBack(reply) => Ok(reply),
        other => panic!("{other:?}"),
    }
}

async fn set(node: &Node, target: &str, field: &str, value: &str) {
    let (target, field, value) = (target.to_owned(), field.to_owned(), value.to_owned());
    call(node, Request::Set { workspace: None, target, field, value }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn own_changes_are_undone_and_redone_until_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let id = first_well(&node).await.id;
    let company = async || first_well(&node).await.company;
    let undo = |redo| ask(&node, HistoryRequest::Undo { target: None, redo });
    let old = company().await;
    set(&node, &id, "company", "One").await;
    set(&node, &id, "company", "Two").await;
    let undone = undo(false).await.unwrap();
    assert_eq!((undone.deed.as_str(), company().await.as_deref()), ("undo", Some("One")));
    assert!(undone.documents[0].entry.is_some() && undone.documents[0].undone.is_some(), "{undone:?}");
    undo(false).await.unwrap();
    assert_eq!(company().await, old);
    undo(true).await.unwrap();
    undo(true).await.unwrap();
    assert_eq!(company().await.as_deref(), Some("Two"));
    assert_eq!(undo(true).await.unwrap_err().kind, ErrorKind::NotFound);
    undo(false).await.unwrap();
    set(&node, &id, "country", "Norway").await;
    assert_eq!(undo(true).await.unwrap_err().kind, ErrorKind::NotFound, "what was undone before is past");
    // What came by importing is no edit: it is deleted as a whole.
    let end = loop {
        match ask(&node, HistoryRequest::Undo { target: Some(id.clone()), redo: false }).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(end.kind == ErrorKind::Usage && end.message.contains("made well"), "{end}");
    assert_eq!(company().await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn curves_and_the_dictionary_have_histories_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let Ok(Reply::Curves { curves }) = call(&node, Request::Curves { workspace: None, run: None }).await else {
        panic!("curves")
    };
    let target = format!("{}:{}", curves[0].run, curves[0].ordinal);
    let run = curves[0].run.clone();
    set(&node, &target, "quality", "suspect").await;
    set(&node, &run, "pass", "repeat").await;
    set(&node, &target, "quality", "good").await;
    let log = async |target: &str| {
        let target = Some(target.to_owned());
        match call(&node, Request::Log { workspace: None, target, member: None, void: false, limit: 100 }).await {
            Ok(Reply::Log { entries }) => entries,
            other => panic!("{other:?}"),
        }
    };
    let of_curve = log(&target).await;
    let told: Vec<_> = of_curve.iter().map(|entry| entry.wrote[0].told()).collect();
    let name = format!("quality of curve {}", curves[0].ordinal);
    assert_eq!(told, [format!("{name} \"suspect\" \u{2192} \"good\""), format!("{name} = \"suspect\"")]);
    assert!(log(&run).await.len() > of_curve.len());
    let state = of_curve[1].id.clone();
    ask(&node, HistoryRequest::RestoreAt { target: target.clone(), at: state }).await.unwrap();
    let told = log(&target).await[0].wrote[0].told();
    assert_eq!(told, format!("{name} \"good\" \u{2192} \"suspect\""));
    let diff = HistoryRequest::Diff { target: run.clone(), from: "~1".into(), to: None };
    let Ok(Reply::Diff(diff)) = call(&node, Request::History { workspace: None, ask: diff }).await else {
        panic!("a difference")
    };
    assert_eq!((diff.fields.len(), diff.to.changes - diff.from.changes), (1, 1), "{diff:?}");
    let missing = HistoryRequest::Blame { target: "dictionary".into(), at: None };
    let missing = call(&node, Request::History { workspace: None, ask: missing }).await;
    assert_eq!(missing.unwrap_err().kind, ErrorKind::NotFound);
    let curve = crate::api::CurveName { mnemonic: "QQ".into(), ..Default::default() };
    let meaning = Request::SetMeaning { workspace: None, curve, property: Some("bulk_density".into()), to_unit: None };
    call(&node, meaning).await.unwrap();
    let undone = ask(&node, HistoryRequest::Undo { target: Some("dictionary".into()), redo: false }).await.unwrap();
    assert_eq!(undone.documents[0].fields[0].after, None, "{undone:?}");
    let Ok(Reply::Dictionary { meanings }) = call(&node, Request::Dictionary { workspace: None }).await else {
        panic!("meanings")
    };
    assert!(meanings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_taken_back_as_any_change() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let id = first_well(&node).await.id;
    call(&node, Request::Delete { workspace: None, target: id.clone() }).await.unwrap();
    let restored = ask(&node, HistoryRequest::RestoreAt { target: id.clone(), at: "~1".into() }).await.unwrap();
    assert_eq!(restored.documents[0].fields.len(), 1, "{restored:?}");
    assert_eq!(first_well(&node).await.id, id);
    let same = ask(&node, HistoryRequest::RestoreAt { target: id.clone(), at: "~0".into() }).await.unwrap();
    assert!(same.documents[0].fields.is_empty() && same.documents[0].entry.is_none(), "{same:?}");
    call(&node, Request::Delete { workspace: None, target: id.clone() }).await.unwrap();
    ask(&node, HistoryRequest::Undo { target: None, redo: false }).await.unwrap();
    assert_eq!(first_well(&node).await.id, id);
}
