//! The face end to end: a client of Flight SQL against a real node, over a socket.

mod calls;
mod entry;
mod metadata;
mod sessions;
mod statements;

use std::net::SocketAddr;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow_flight::FlightInfo;
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use dataforge_node::Node;
use dataforge_node::api::{ImportOptions, Reply, Request};
use futures::TryStreamExt as _;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use super::{Bounds, serve_within};
use crate::shared::Shared;

type Client = FlightSqlServiceClient<Channel>;

const LAS: &str = "~Version
 VERS. 2.0 : CWLS LAS 2.0
 WRAP. NO : one line per depth step
~Well
 STRT.M 1000.0 : START
 STOP.M 1001.0 : STOP
 STEP.M 0.5 : STEP
 NULL. -999.25 : NULL
 WELL. Alpha 1 : WELL
~Curve
 DEPT.M : depth
 GR.GAPI : gamma ray
~A
1000.0 10.5
1000.5 -999.25
1001.0 30.5
";

/// A node with one log, and the face in front of it.
struct Place {
    node: Node,
    token: String,
    at: SocketAddr,
    serving: JoinHandle<()>,
    dir: TempDir,
}

impl Place {
    async fn new() -> Self {
        Self::within(Bounds::default()).await
    }

    async fn within(bounds: Bounds) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(&dir.path().join("data")).await.unwrap();
        init(&node, "north").await;
        let file = dir.path().join("alpha.las");
        std::fs::write(&file, LAS).unwrap();
        let import = Request::Import { workspace: None, paths: vec![file], options: ImportOptions::default() };
        assert!(matches!(call(&node, import).await, Reply::Import(_)));
        let token = node.face_token().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::new(node.clone(), token.clone()));
        let serving = tokio::spawn(serve_within(listener, shared, bounds));
        Self { node, token, at, serving, dir }
    }

    /// Returns a client that shows nothing.
    async fn stranger(&self) -> Client {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.at)).unwrap();
        FlightSqlServiceClient::new(endpoint.connect().await.unwrap())
    }

    /// Returns a client that shows the token.
    async fn client(&self) -> Client {
        let mut client = self.stranger().await;
        client.set_token(self.token.clone());
        client
    }

    async fn close(self) {
        self.serving.abort();
        self.node.close().await;
        drop(self.dir);
    }
}

async fn init(node: &Node, name: &str) {
    let request = Request::Init { name: name.to_owned(), person: Some("Ann".to_owned()), device: None };
    assert!(matches!(call(node, request).await, Reply::Init(_)));
}

async fn call(node: &Node, request: Request) -> Reply {
    let (out, mut said) = mpsc::channel(16);
    tokio::spawn(async move { while said.recv().await.is_some() {} });
    node.call(request, out).await.unwrap()
}

/// Fetches all that a `FlightInfo` stands for; also checks that it comes in the schema that was announced.
async fn fetch(client: &mut Client, info: FlightInfo) -> Result<Vec<RecordBatch>, FlightError> {
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let announced = info.try_decode_schema().unwrap();
    let mut stream = client.do_get(ticket).await?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        assert_eq!(batch.schema().as_ref(), &announced);
        batches.push(batch);
    }
    assert_eq!(stream.schema().unwrap().as_ref(), &announced);
    Ok(batches)
}

async fn ask(client: &mut Client, sql: &str) -> Result<Vec<RecordBatch>, FlightError> {
    let info = client.execute(sql.to_owned(), None).await?;
    fetch(client, info).await
}

/// Returns rows as CSV without a header.
fn csv(batches: &[RecordBatch]) -> String {
    let mut writer = arrow::csv::WriterBuilder::new().with_header(false).build(Vec::new());
    for batch in batches {
        writer.write(batch).unwrap();
    }
    String::from_utf8(writer.into_inner()).unwrap()
}

fn code(error: &FlightError) -> Code {
    match error {
        FlightError::Tonic(status) => status.code(),
        other => panic!("no status: {other}"),
    }
}
