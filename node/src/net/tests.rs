//! Nodes of one process that exchange blobs over loopback.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{BlobHash, DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::op::Role;
use dataforge_protocol::ticket::{Ticket, TicketForm};

use crate::api::{DataRequest, ErrorKind, Reply, Request};
use crate::blob::hostile::{Liar, Lie};
use crate::client::Output;
use crate::config::NetworkConfig;
use crate::node::Node;

async fn call(node: &Node, request: Request) -> Reply {
    let (out, mut outputs) = tokio::sync::mpsc::channel::<Output>(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drain.await.unwrap();
    reply.unwrap()
}

async fn data(node: &Node, ask: DataRequest) -> Reply {
    call(node, Request::Data { workspace: None, ask }).await
}

/// A node that listens on loopback.
async fn node(dir: &Path) -> Node {
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("dataforge.toml"), "[network]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    Node::open(dir).await.unwrap()
}

/// Nodes of a workspace that are up: the first has these files, the others nothing yet.
async fn field(dir: &Path, names: &[&str], files: &[Vec<u8>]) -> Vec<Node> {
    let first = node(&dir.join(names[0])).await;
    let person = Some(names[0].to_owned());
    call(&first, Request::Init { name: "Field".into(), person, device: None }).await;
    let source = dir.join("files");
    std::fs::create_dir_all(&source).unwrap();
    for (number, bytes) in files.iter().enumerate() {
        std::fs::write(source.join(format!("scan-{number}.bin")), bytes).unwrap();
    }
    let attach = Request::Attach { workspace: None, paths: vec![source], well: None, project: None, description: None };
    call(&first, attach).await;
    call(&first, Request::Up).await;
    let mut nodes = vec![first];
    for name in &names[1..] {
        let invite = Request::Invite { workspace: None, role: "editor".into(), uses: 1, hours: 1, form: None };
        let Reply::Invite(invited) = call(&nodes[0], invite).await else { panic!("a ticket") };
        let node = node(&dir.join(name)).await;
        call(&node, Request::ConfigSet { key: "cache.policy".into(), value: "demand".into() }).await;
        let join = Request::Join {
            ticket: invited.ticket,
            person: Some((*name).to_owned()),
            device: None,
            ignore_clock: false,
        };
        call(&node, join).await;
        nodes.push(node);
    }
    nodes
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done().await {
        assert!(Instant::now() < deadline, "{what} in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn has(node: &Node, hash: BlobHash) -> bool {
    node.with_core(move |core| core.store.has_blob(&hash)).await.unwrap()
}

/// Whether an entry that is here refers to a blob.
async fn knows(node: &Node, hash: BlobHash) -> bool {
    let knows = move |core: &mut crate::core::Core| {
        core.workspace_ids().iter().try_fold(false, |known, id| Ok(known || core.store.refers(id, &hash)?))
    };
    node.with_core(knows).await.unwrap()
}

async fn fetch(node: &Node, hash: BlobHash) -> crate::api::FetchedReply {
    match data(node, DataRequest::Fetch { target: hash.to_string(), timeout_secs: 60 }).await {
        Reply::Fetched(fetched) => fetched,
        other => panic!("{other:?}"),
    }
}

/// How many connections for blobs a node has with its peers.
fn links(node: &Node) -> usize {
    let Some(network) = node.running() else { return 0 };
    network.blob_connections.borrow().values().map(|seat| seat.all().count()).sum()
}

fn random(bytes: usize, seed: u64) -> Vec<u8> {
    let mut content = vec![0; bytes];
    fastrand::Rng::with_seed(seed).fill(&mut content);
    content
}

/// Makes these nodes known to another, and waits until it is connected to all of them.
async fn introduce(node: &Node, others: &[&Node]) {
    for other in others {
        let Reply::Up(up) = call(other, Request::Up).await else { panic!("addresses") };
        let address = up.addresses[0].parse().unwrap();
        call(node, Request::AddPeer { device: up.device_id, address }).await;
    }
    call(node, Request::Up).await;
    until("all are connected", async || node.connections().len() == others.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_blob_comes_from_three_providers_of_which_one_dies_and_one_lies() {
    const SIZE: usize = 300_000_000;
    let dir = tempfile::tempdir().unwrap();
    let content = random(SIZE, 1);
    let hash = BlobHash::of(&content);
    let nodes = field(dir.path(), &["ada", "bob", "cid", "dan"], &[content]).await;
    let [ada, bob, cid, dan] = nodes.as_slice() else { panic!("four") };
    for node in [bob, cid] {
        introduce(node, &[ada]).await;
        until("the entry is here", async || knows(node, hash).await).await;
        fetch(node, hash).await;
        until("it is held", async || has(node, hash).await).await;
    }
    cid.set_lie(Liar { blobs: cid.blobs().clone(), lie: Lie::Wrong(SIZE as u64 / 2) });
    dan.transfers().pace(false).set_limit(150_000_000);
    introduce(dan, &[ada, bob, cid]).await;
    until("the entry is here", async || knows(dan, hash).await).await;
    let killer = async {
        until("some of it is here", async || dan.transfers().pace(false).passed() > 40_000_000).await;
        ada.close().await;
    };
    let (fetched, ()) = tokio::join!(fetch(dan, hash), killer);
    assert!(fetched.missing.is_empty(), "{fetched:?}");
    let passed = dan.transfers().pace(false).passed();
    eprintln!("{passed} bytes for {SIZE}");
    assert!(passed as f64 <= 1.1 * SIZE as f64, "{passed} bytes came");
    let size = SIZE as u64;
    assert_eq!(dan.blobs().check(&[(hash, size)]).unwrap(), [crate::blob::Verdict::Whole]);
    for node in nodes {
        node.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_the_bytes_at_once_and_what_came_is_kept() {
    const SIZE: usize = 40_000_000;
    let dir = tempfile::tempdir().unwrap();
    let content = random(SIZE, 2);
    let hash = BlobHash::of(&content);
    let nodes = field(dir.path(), &["ada", "bob"], &[content]).await;
    let [ada, bob] = nodes.as_slice() else { panic!("two") };
    bob.transfers().pace(false).set_limit(8_000_000);
    introduce(bob, &[ada]).await;
    until("the entry is here", async || {
        bob.with_core(move |core| Ok(!core.store.referred(&hash)?.is_empty())).await.unwrap()
    })
    .await;
    let field = bob.with_core(|core| core.find_workspace(None)).await.unwrap();
    crate::read::ask_for(bob, &field, &[hash]).await.unwrap();
    let pace = bob.transfers().pace(false);
    until("it comes", async || pace.passed() > 4_000_000).await;
    data(bob, DataRequest::Pause { target: hash.to_string(), on: true }).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopped = pace.passed();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(pace.passed(), stopped, "nothing comes a tenth of a second later");
    let Reply::Transfers(list) = data(bob, DataRequest::Transfers { limit: 10 }).await else { panic!("a list") };
    assert_eq!((list.total, list.transfers[0].state.as_str()), (1, "paused"));
    crate::keep::sweep(bob).await.unwrap();
    pace.set_limit(0);
    data(bob, DataRequest::Pause { target: hash.to_string(), on: false }).await;
    until("it is held", async || has(bob, hash).await).await;
    assert!(pace.passed() < SIZE as u64 + 20_000_000, "{}: what came is not fetched again", pace.passed());
    for node in nodes {
        node.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_blob_connections_both_sides_keep_the_same_one() {
    let dir = tempfile::tempdir().unwrap();
    let content = random(1_000_000, 3);
    let hash = BlobHash::of(&content);
    let nodes = field(dir.path(), &["ada", "bob"], &[content]).await;
    let [ada, bob] = nodes.as_slice() else { panic!("two") };
    introduce(bob, &[ada]).await;
    until("the entry is here", async || knows(bob, hash).await).await;
    until("there is one", async || (links(ada), links(bob)) == (1, 1)).await;
    let workspace = bob.with_core(|core| core.find_workspace(None)).await.unwrap();
    // As when both dialled a session at once.
    for (one, other) in [(ada, bob), (bob, ada), (ada, bob)] {
        let (network, peer) = (one.running().unwrap(), other.running().unwrap().device);
        let key = iroh::EndpointId::from_bytes(peer.as_bytes()).unwrap();
        let address = iroh::EndpointAddr::new(key).with_ip_addr(other.running().unwrap().addresses()[0]);
        let connection = super::transfer::dial(&network, workspace, address).await.unwrap();
        let serving = std::sync::Arc::clone(&network);
        network.spawn(async move { super::transfer::serve(&serving, (workspace, peer), connection).await });
    }
    until("there are four", async || (links(ada), links(bob)) == (4, 4)).await;
    until("one is left", async || (links(ada), links(bob)) == (1, 1)).await;
    let used = |node: &Node| {
        let network = node.running().unwrap();
        let open = network.blob_connections.borrow();
        let seat = open.values().next().unwrap();
        assert!(seat.used().close_reason().is_none());
        super::hello::exporter(seat.used()).unwrap()
    };
    assert_eq!(used(ada), used(bob), "the same on both sides");
    let fetched = fetch(bob, hash).await;
    assert!(fetched.missing.is_empty() && has(bob, hash).await, "{fetched:?}");
    for node in nodes {
        node.close().await;
    }
}

/// A host that ends every connection in this way once it was asked; returns its ticket, and how often it was.
async fn host_that_ends(code: Option<u32>) -> (iroh::Endpoint, Ticket, Arc<AtomicUsize>) {
    let config = NetworkConfig { listen: "127.0.0.1:0".parse().unwrap(), ..NetworkConfig::default() };
    let secret = iroh::SecretKey::from_bytes(&[7; 32]);
    let endpoint = super::endpoint::bind(&secret, &config, super::Purpose::Once, None).await.unwrap();
    let ticket = Ticket {
        workspace: WorkspaceId([1; 32]),
        workspace_name: "Field".to_owned(),
        inviter: "Ada".to_owned(),
        host: DeviceId(*secret.public().as_bytes()),
        addresses: super::endpoint::addresses(&endpoint),
        relays: Vec::new(),
        invite: EntryId([2; 32]),
        form: TicketForm::Handed,
        role: Role::Editor,
        expires_ms: crate::clock::now_ms() + 3_600_000,
        secret: [3; 32],
    };
    let (serving, asked) = (endpoint.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Some(incoming) = serving.accept().await {
            let connection = incoming.accept().unwrap().await.unwrap();
            let (_send, mut recv) = connection.accept_bi().await.unwrap();
            super::frame::read(&mut recv).await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            // Dropped without a word otherwise.
            if let Some(code) = code {
                connection.close(code.into(), b"");
            }
        }
    });
    (endpoint, ticket, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_lets_go_is_asked_again_and_one_that_refuses_is_not() {
    let ways =
        [(None, ErrorKind::Network, 3), (Some(429), ErrorKind::Network, 3), (Some(403), ErrorKind::NotAllowed, 1)];
    for (code, kind, times) in ways {
        let dir = tempfile::tempdir().unwrap();
        let (host, ticket, asked) = host_that_ends(code).await;
        let guest = node(dir.path()).await;
        let person = Some("Bob".to_owned());
        let join = Request::Join { ticket: ticket.to_string(), person, device: None, ignore_clock: false };
        let (out, _outputs) = tokio::sync::mpsc::channel::<Output>(64);
        let error = guest.call(join, out).await.unwrap_err();
        assert_eq!((error.kind, asked.load(Ordering::SeqCst)), (kind, times), "{code:?}: {error}");
        guest.close().await;
        host.close().await;
    }
}
