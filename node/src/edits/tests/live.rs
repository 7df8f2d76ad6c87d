//! What clients are told of each other's edits: two of one node, one of another.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::{Edit, EditOutcome, Event, Node, Reply, Request, WellInfo, field, set};
use crate::api::{ChangedDocument, Watching};
use crate::client::{Client, Events};
use crate::control::Door;

async fn ask(client: &Client, request: Request) -> Reply {
    client.call(request, |_| {}).await.unwrap()
}

async fn wells(client: &Client) -> Vec<WellInfo> {
    let Reply::Wells { wells } = ask(client, Request::Wells { workspace: None }).await else { panic!("wells") };
    wells
}

async fn edit(client: &Client, edits: Vec<Edit>, wait: bool) -> Vec<EditOutcome> {
    let Reply::Edits { edits } = ask(client, Request::Edits { workspace: None, edits, wait }).await else {
        panic!("outcomes")
    };
    edits
}

/// Waits for the next event that `pick` takes.
async fn next<T>(events: &mut Events, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let waiting = async {
        loop {
            let event = events.next().await.expect("the node is there");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("{what} in time"))
}

fn documents(event: Event) -> Option<Vec<ChangedDocument>> {
    match event {
        Event::Documents { documents, .. } => Some(documents),
        _ => None,
    }
}

/// A node of another person in the same workspace, which has all that the first has.
async fn colleague(dir: &Path, host: &Client) -> Client {
    let Reply::Up(_) = ask(host, Request::Up).await else { panic!("it is up") };
    let invite = Request::Invite { workspace: None, role: "editor".into(), uses: 1, hours: 1, form: None };
    let Reply::Invite(invited) = ask(host, invite).await else { panic!("a ticket") };
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("dataforge.toml"), "[network]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let client = Client::open(dir).await.unwrap();
    let (person, device) = (Some("Bob".into()), Some("office".into()));
    ask(&client, Request::Join { ticket: invited.ticket, person, device, ignore_clock: false }).await;
    ask(&client, Request::Up).await;
    let count = wells(host).await.len();
    while wells(&client).await.len() < count {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    client
}

/// Serves a node that is in this process to other clients.
fn serve(client: &Client, dir: &Path) -> tokio::task::JoinHandle<()> {
    let node: Node = client.node().expect("it is in this process").clone();
    let door = Door::bind(dir).unwrap();
    tokio::spawn(async move { door.serve(node, std::future::pending()).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_has_it_open_hears_of_a_change_but_not_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (truck, office) = (dir.path().join("truck"), dir.path().join("office"));
    field(&truck).await.close().await;
    let ada = Client::open(&truck).await.unwrap();
    ask(&ada, Request::ConfigSet { key: "edits.delay_ms".into(), value: "20".into() }).await;
    let serving = serve(&ada, &truck);
    let beside = Client::open(&truck).await.unwrap();
    assert!(beside.is_remote() && !ada.is_remote(), "two clients of one node");
    let bob = colleague(&office, &ada).await;
    let known = wells(&ada).await;
    let open = |well: &WellInfo| Watching { documents: BTreeSet::from([well.id.clone()]), ..Watching::default() };
    let mut of_ada = ada.watch_only(open(&known[0])).await.unwrap();
    let mut of_beside = beside.watch_only(open(&known[0])).await.unwrap();
    let mut of_bob = bob.watch_only(open(&known[0])).await.unwrap();

    // Two edits of ada: one of what nobody has open.
    let taken = edit(&ada, vec![set(&known[1].id, "company", "x"), set(&known[0].id, "company", "ACME")], false).await;
    let changed = |here| ChangedDocument {
        document: known[0].id.clone(),
        kind: "well".into(),
        by: vec!["Ada (truck)".into()],
        here,
    };
    assert_eq!(next(&mut of_beside, "the other client hears of it", documents).await, [changed(true)]);
    assert_eq!(next(&mut of_bob, "the other node hears of it", documents).await, [changed(false)]);
    // Ada herself hears that it is saved, and before that nothing of her own change.
    let saved = next(&mut of_ada, "she is told", |event| match event {
        Event::Saved { edits } => Some(edits.len()),
        Event::Documents { .. } => panic!("her own change came back: {event:?}"),
        _ => None,
    });
    assert_eq!(saved.await, taken.len());

    // Bob's edit comes to both clients of the other node, beside's only to ada and bob.
    edit(&bob, vec![set(&known[0].id, "company", "Bob's")], true).await;
    let by_bob = next(&mut of_ada, "a change by a peer", documents).await;
    assert_eq!((by_bob[0].by.as_slice(), by_bob[0].here), (&["Bob (office)".to_owned()][..], false));
    assert_eq!(next(&mut of_beside, "the same", documents).await, by_bob);
    edit(&beside, vec![set(&known[0].id, "company", "beside")], true).await;
    assert_eq!(next(&mut of_ada, "by a client beside", documents).await, [changed(true)]);
    assert_eq!(next(&mut of_bob, "by ada's node", documents).await, [changed(false)]);
    // Of ada's and of its own changes beside hears ada's only.
    edit(&ada, vec![set(&known[0].id, "field", "North")], true).await;
    edit(&beside, vec![set(&known[0].id, "country", "Norway")], false).await;
    let mut heard = 0;
    let saved = next(&mut of_beside, "it is saved", |event| {
        heard += usize::from(matches!(event, Event::Documents { .. }));
        matches!(event, Event::Saved { .. }).then_some(())
    });
    saved.await;
    assert_eq!(heard, 1);

    // An edit that is refused is told to the one who made it.
    edit(&beside, vec![set(&known[0].id, "colour", "red")], false).await;
    let refused = next(&mut of_beside, "it is refused", |event| match event {
        Event::Refused { error, .. } => Some(error.message),
        _ => None,
    });
    assert!(refused.await.contains("colour"));
    drop((of_ada, of_beside, of_bob));
    for client in [bob, beside, ada] {
        client.close().await;
    }
    serving.abort();
}
