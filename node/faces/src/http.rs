//! Answers over HTTP: SQL, lists, and tables of runs as Parquet files.
//!
//! A request's way: [`connection`] bounds who is connected and how long anything may take → [`guard`] is
//! the one check of who may ask, before anything else is looked at → a handler → the node. Nothing is
//! changed by anything here but what `routes` adds for writing. `docs/http.md` has the routes, and
//! `http/openapi.json` their shapes.

mod body;
mod connection;
mod derive;
mod format;
mod guard;
mod listing;
mod output;
mod problem;
mod range;
mod sql;
mod table;

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{StatusCode, Uri};
use axum::routing::{MethodRouter, get};
use axum::{Router, middleware};
use dataforge_node::Node;
use dataforge_node::api::{ApiError, ErrorKind, Reply, Request};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

use self::connection::Limits;
use self::problem::Problem;
use crate::shared::Shared;

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, at: SocketAddr, shared: Arc<Shared>) {
    connection::accept(listener, app(at, shared), Limits::default()).await;
}

/// What every handler has.
#[derive(Debug)]
struct State {
    shared: Arc<Shared>,
    /// What clients may call this face: `HOST:PORT`.
    hosts: Vec<String>,
    /// Tables that may be taken in at the same time: each is in memory as a whole.
    tables: Semaphore,
}

impl State {
    fn new(at: SocketAddr, shared: Arc<Shared>) -> Self {
        Self { shared, hosts: guard::hosts(at), tables: Semaphore::new(derive::TABLES) }
    }

    /// Returns the node.
    fn node(&self) -> &Node {
        &self.shared.node
    }

    /// Works on a request of the node; its progress goes nowhere.
    ///
    /// # Errors
    /// The request's own.
    async fn ask(&self, request: Request) -> Result<Reply, ApiError> {
        let (out, mut outputs) = mpsc::channel(16);
        let mut call = Box::pin(self.node().call(request, out));
        loop {
            tokio::select! {
                reply = &mut call => return reply,
                Some(_) = outputs.recv() => {}
            }
        }
    }
}

/// Makes the handlers of a path.
type Handlers = fn() -> MethodRouter<Arc<State>>;

/// Every path with what answers there.
const ROUTES: [(&str, Handlers); 8] = [
    ("/v1", || get(listing::index)),
    ("/v1/openapi.json", || get(listing::openapi)),
    ("/v1/sql", || get(sql::by_url).post(sql::by_body)),
    ("/v1/workspaces", || get(listing::workspaces)),
    ("/v1/wells", || get(listing::wells)),
    ("/v1/runs", || get(listing::runs).post(derive::derive)),
    ("/v1/runs/{file}", || get(table::table)),
    ("/v1/curves", || get(listing::curves)),
];

/// Returns what answers, without the check of who may ask.
fn routes() -> Router<Arc<State>> {
    ROUTES.into_iter().fold(Router::new(), |router, (path, handlers)| router.route(path, handlers()))
}

fn app(at: SocketAddr, shared: Arc<Shared>) -> Router {
    let state = Arc::new(State::new(at, shared));
    routes()
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&state), guard::guard))
        .with_state(state)
}

fn unknown(uri: Uri) -> Ready<Problem> {
    let message = format!("there is nothing at {}", uri.path());
    ready(Problem::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, message).hint("GET /v1 lists what there is"))
}

fn wrong_method(uri: Uri) -> Ready<Problem> {
    let message = format!("{} has no such method", uri.path());
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, ErrorKind::Usage, message);
    ready(problem.hint("GET /v1/openapi.json says what there is"))
}

#[cfg(test)]
mod tests;
