//! The door with a service that answers from its sleeve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::frame::{self, Frame, FrameError, Hello};
use super::{Connection, Door, Service, connect, endpoint};
use crate::api::{ApiError, ErrorKind, Event, OutputFormat, QueryLimits, Reply, Request, Watching};
use crate::caller::ClientId;
use crate::client::Output;
use crate::feed::{Audience, Feed, Told};

#[derive(Clone)]
struct Fake {
    events: broadcast::Sender<Told>,
    cancelled: Arc<AtomicBool>,
}

/// Set when the request it belongs to is dropped before its end.
struct Cancelled(Arc<AtomicBool>);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Service for Fake {
    async fn call(
        &self,
        client: Option<ClientId>,
        request: Request,
        out: mpsc::Sender<Output>,
    ) -> Result<Reply, ApiError> {
        match request {
            Request::Query { sql, .. } => {
                for part in [Bytes::from(vec![7; 20 << 20]), Bytes::from(sql)] {
                    out.send(Output::Data(part)).await.unwrap();
                    out.send(Output::Event(notice("part"))).await.unwrap();
                }
                Ok(Reply::Query { rows: 1, bytes: 2 })
            }
            Request::Status => Ok(Reply::Done { message: "long ".repeat(2 << 20) }),
            Request::Verify { .. } => {
                let _cancelled = Cancelled(Arc::clone(&self.cancelled));
                out.send(Output::Event(notice("at work"))).await.unwrap();
                std::future::pending().await
            }
            Request::Wells { .. } => Err(ApiError::new(ErrorKind::NotFound, "no such workspace").hint("look again")),
            Request::Peers => Ok(Reply::Done { message: client.map(|id| id.to_string()).unwrap_or_default() }),
            _ => Ok(Reply::Done { message: "done".into() }),
        }
    }

    fn listen(&self, client: Option<ClientId>, watching: Watching) -> Feed {
        Feed::new(self.events.subscribe(), client, watching)
    }
}

fn notice(message: &str) -> Event {
    Event::Notice { message: message.into() }
}

struct Served {
    dir: std::path::PathBuf,
    fake: Fake,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("dataforge-control-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let fake = Fake { events: broadcast::Sender::new(8), cancelled: Arc::default() };
        let (stop, stopped) = oneshot::channel();
        let door = Door::bind(&dir).unwrap();
        let task = tokio::spawn(door.serve(fake.clone(), async { drop(stopped.await) }));
        Self { dir, fake, stop: Some(stop), task }
    }

    async fn connect(&self) -> Connection {
        self.connect_as(None).await
    }

    async fn connect_as(&self, client: Option<&ClientId>) -> Connection {
        connect(&self.dir, client).await.unwrap().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

const DONE: Request = Request::Workspaces;

#[tokio::test]
async fn data_events_and_replies_arrive_in_order_and_whole() {
    let served = Served::new("order");
    let mut connection = served.connect().await;
    let query = Request::Query {
        workspace: None,
        sql: "select".into(),
        format: OutputFormat::Csv,
        limits: QueryLimits::default(),
    };
    let (mut data, mut events) = (Vec::new(), 0);
    let reply = connection.call(&query, |output| match output {
        Output::Data(part) => data.extend_from_slice(&part),
        Output::Event(_) => events += 1,
    });
    assert_eq!(reply.await.unwrap(), Reply::Query { rows: 1, bytes: 2 });
    assert_eq!((data.len(), events), ((20 << 20) + 6, 2));
    assert!(data.ends_with(b"\x07select"));
    let Reply::Done { message } = connection.call(&Request::Status, |_| {}).await.unwrap() else {
        panic!("another reply")
    };
    assert_eq!(message.len(), 10 << 20);
}

#[tokio::test]
async fn errors_keep_kind_and_hint_and_the_connection_goes_on() {
    let served = Served::new("errors");
    let mut connection = served.connect().await;
    let error = connection.call(&Request::Wells { workspace: None }, |_| {}).await.unwrap_err();
    assert_eq!(error, ApiError::new(ErrorKind::NotFound, "no such workspace").hint("look again"));
    assert!(connection.is_idle());
    connection.call(&DONE, |_| {}).await.unwrap();
}

#[tokio::test]
async fn dropping_the_connection_cancels_the_request() {
    let served = Served::new("cancel");
    let mut connection = served.connect().await;
    let (at_work, mut started) = mpsc::channel(1);
    let call = connection.call(&Request::Verify { repair: false }, |_| at_work.try_send(()).unwrap());
    tokio::select! {
        _ = call => panic!("it never ends"),
        _ = started.recv() => {}
    }
    assert!(!connection.is_idle(), "frames of the request may still come");
    drop(connection);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while !served.fake.cancelled.load(Ordering::SeqCst) {
        assert!(tokio::time::Instant::now() < deadline, "still at work");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_watcher_hears_events() {
    let served = Served::new("watch");
    let mut watch = served.connect().await.watch(&Watching::default()).await.unwrap();
    while served.fake.events.receiver_count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    served.fake.events.send(Told::new(notice("news"), Audience::All)).unwrap();
    assert_eq!(watch.next().await, Some(notice("news")));
}

/// A process of an earlier build takes no content, and tells everything.
#[tokio::test]
async fn who_watches_everything_says_nothing_of_it() {
    let mut bytes: Vec<u8> = Vec::new();
    frame::write_watch(&mut bytes, &Watching::default()).await.unwrap();
    assert_eq!(bytes, [0, 0, 0, 1, 3]);
    let read = frame::read(&mut bytes.as_slice()).await;
    assert!(matches!(read, Ok(Some(Frame::Watch(watching))) if watching == Watching::default()));
}

#[tokio::test]
async fn a_client_is_known_on_all_its_connections_and_hears_what_it_watches() {
    let served = Served::new("client");
    let (one, other) = (ClientId::new().unwrap(), ClientId::new().unwrap());
    for (client, expected) in [(Some(&one), one.to_string()), (None, String::new())] {
        let reply = served.connect_as(client).await.call(&Request::Peers, |_| {}).await.unwrap();
        assert_eq!(reply, Reply::Done { message: expected });
    }
    let watching = Watching { workspace: Some("w1".into()), ..Watching::default() };
    let mut watch = served.connect_as(Some(&one)).await.watch(&watching).await.unwrap();
    while served.fake.events.receiver_count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let changed = |workspace: &str, entries| Event::Changed { workspace: workspace.into(), entries };
    let tell = |event, audience| served.fake.events.send(Told::new(event, audience)).unwrap();
    tell(changed("w1", 1), Audience::but(Some(one)));
    tell(changed("w2", 2), Audience::All);
    tell(changed("w1", 3), Audience::only(Some(other.clone())));
    tell(changed("w1", 4), Audience::but(Some(other)));
    assert_eq!(watch.next().await, Some(changed("w1", 4)));
}

#[tokio::test]
async fn another_version_is_refused_with_a_reason() {
    let ours = Hello::ours();
    let theirs = Hello { api: ours.api + 1, program: "9.9".into(), client: None };
    let error = ours.check(&theirs).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Busy);
    assert!(error.message.contains("9.9") && error.hint.is_some(), "{error:?}");
    let served = Served::new("version");
    let mut stream = endpoint::connect(&served.dir).await.unwrap().unwrap();
    frame::write_hello(&mut stream, &theirs).await.unwrap();
    assert!(matches!(frame::read(&mut stream).await, Ok(Some(Frame::Hello(hello))) if hello == ours));
    assert!(matches!(frame::read(&mut stream).await, Ok(None)), "nothing is served");
}

#[tokio::test]
async fn an_unknown_request_is_refused_and_the_connection_goes_on() {
    let served = Served::new("unknown");
    let mut stream = endpoint::connect(&served.dir).await.unwrap().unwrap();
    frame::write_hello(&mut stream, &Hello::ours()).await.unwrap();
    frame::read(&mut stream).await.unwrap();
    for content in [&b"{\"request\":\"fly\"}"[..], b"{\"request\":\"workspaces\"}"] {
        let length = u32::try_from(content.len() + 1).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], &[2], content].concat()).await.unwrap();
    }
    assert!(matches!(frame::read(&mut stream).await, Ok(Some(Frame::Error(error))) if error.kind == ErrorKind::Usage));
    assert!(matches!(frame::read(&mut stream).await, Ok(Some(Frame::Reply(_)))));
}

#[tokio::test]
async fn frames_are_bounded_and_tags_known() {
    let head = |length: u32, tag: u8| [&length.to_be_bytes()[..], &[tag]].concat();
    for (bytes, what) in [
        (head(u32::MAX, 5), "too long"),
        (head((4 << 20) + 2, 2), "too long"),
        (head(0, 3), "too long"),
        (head((1 << 20) + 2, 3), "too long"),
        (head(1, 200), "unknown frame 200"),
        (head(9, 2), "the connection broke"),
        (vec![0, 0], "the connection broke"),
    ] {
        let error: FrameError = frame::read(&mut bytes.as_slice()).await.unwrap_err();
        assert!(error.to_string().contains(what), "{bytes:?}: {error}");
    }
    assert!(frame::read(&mut &b""[..]).await.unwrap().is_none());
}

#[tokio::test]
async fn a_left_behind_socket_is_replaced_and_nobody_is_found_after_the_end() {
    let mut served = Served::new("stale");
    let mut idle = served.connect().await;
    // As after a crash: the socket is there, the owner of the lock binds it anew.
    let again = Door::bind(&served.dir).unwrap();
    drop(again);
    drop(served.stop.take());
    let ended = tokio::time::timeout(Duration::from_secs(5), &mut served.task).await;
    assert!(ended.is_ok(), "idle clients do not hold the server");
    assert!(connect(&served.dir, None).await.unwrap().is_none());
    assert_eq!(idle.call(&DONE, |_| {}).await.unwrap_err().kind, ErrorKind::Busy);
    assert!(connect(&served.dir.join("missing"), None).await.unwrap().is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_enter() {
    use std::os::unix::fs::PermissionsExt as _;
    let served = Served::new("private");
    let stream = endpoint::connect(&served.dir).await.unwrap().unwrap();
    let address = stream.peer_addr().unwrap();
    let socket = address.as_pathname().unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(socket), mode(socket.parent().unwrap())), (0o600, 0o700));
    assert!(socket.as_os_str().len() < 100, "{socket:?}");
    let mut other = stream;
    other.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // It is shown out: an end or a reset, but no word.
    drop(other.read_to_end(&mut answer).await);
    assert!(answer.is_empty());
}
