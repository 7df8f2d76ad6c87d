//! Serving: a listener of our own in front of iroh's relay service, so that connections are bounded
//! before anything is known of who makes them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use iroh_relay::KeyCache;
use iroh_relay::server::http_server::{BytesBody, Handlers};
use iroh_relay::server::{ClientRateLimit, QuicConfig, RelayService, Server, ServerConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::guard::{Guard, served};
use super::setup::{Setups, set_up};
use super::{Options, certificate};
use crate::api::{ApiError, ErrorKind, RelayServing};
use crate::node::Node;

/// Pause when the system gives no more sockets.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// Keys of clients that need not be decoded again.
const KEYS: usize = 1024;

/// A relay that runs; ends with the value.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    service: RelayService,
    guard: Arc<Guard>,
    fingerprint: Option<String>,
    host: Option<String>,
    max_clients: usize,
    /// Tells clients by which address they are seen, so that they may find direct paths.
    discovery: Option<Server>,
    tasks: Mutex<JoinSet<()>>,
}

/// What a client asks to see whether there is a relay: an empty answer.
fn handlers() -> Result<Handlers, ApiError> {
    let internal = |_error| ApiError::new(ErrorKind::Internal, "GET is no method");
    let mut handlers = Handlers::default();
    handlers.insert(
        ("GET".parse().map_err(internal)?, iroh_relay::http::RELAY_PROBE_PATH),
        Box::new(|_request, response| {
            let empty: BytesBody = Box::<String>::default();
            Ok(response.body(empty)?)
        }),
    );
    Ok(handlers)
}

fn unusable(error: &dyn std::fmt::Display, listen: SocketAddr) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("the relay cannot listen on {listen}: {error}"))
        .hint("another program may have the port: choose one with --listen ADDRESS:PORT or relay.listen")
}

impl Relay {
    /// Binds the sockets and starts to serve.
    pub(super) async fn start(node: &Node, options: Options) -> Result<Self, ApiError> {
        let only = only(node, options.workspaces).await?;
        let dir = node.directory().to_owned();
        let shown = tokio::task::block_in_place(|| certificate::load(&dir, &options.certificate))?;
        let listen = options.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| unusable(&error, listen))?;
        let address = listener.local_addr().map_err(|error| unusable(&error, listen))?;
        let guard = Guard::new(node.weak(), only, options.max_clients);
        let limit = NonZeroU32::new(options.limit_bytes_per_s).map(ClientRateLimit::new);
        let service = RelayService::new(
            handlers()?,
            Default::default(),
            limit,
            KeyCache::new(KEYS),
            Arc::clone(&guard) as _,
            Arc::default(),
        );
        let discovery = match &shown {
            Some(shown) if options.address_discovery => {
                let mut quic = QuicConfig::new(address);
                quic.server_config = Some((*shown.config).clone());
                let mut config = ServerConfig::default();
                config.quic = Some(quic);
                Some(Box::pin(Server::spawn(config)).await.map_err(|error| unusable(&format!("{error:#}"), address))?)
            }
            _ => None,
        };
        let tls = shown.as_ref().map(|shown| TlsAcceptor::from(Arc::clone(&shown.config)));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, service.clone(), tls));
        tasks.spawn(Arc::clone(&guard).follow(service.clone()));
        let (fingerprint, host) = shown.map_or((None, None), |shown| (Some(shown.fingerprint), shown.host));
        let max_clients = options.max_clients;
        Ok(Self { address, service, guard, fingerprint, host, max_clients, discovery, tasks: Mutex::new(tasks) })
    }

    /// Returns where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what it does now.
    pub(super) async fn serving(&self, node: &Node) -> Result<RelayServing, ApiError> {
        let only = self.guard.only().clone();
        let workspaces = node.with_core(move |core| {
            let served = served(core, &only)?;
            served
                .into_iter()
                .map(|id| Ok(core.ledger(&id)?.genesis().name.clone()))
                .collect::<Result<Vec<_>, ApiError>>()
        });
        let count = self.guard.count();
        Ok(RelayServing {
            listen: self.address.to_string(),
            urls: self.urls(node),
            certificate: self.fingerprint.clone(),
            address_discovery: self.discovery.as_ref().and_then(Server::quic_addr).map(|at| at.to_string()),
            workspaces: workspaces.await?,
            members: count.members,
            guests: count.guests,
            refused: count.refused,
            max_clients: self.max_clients as u64,
        })
    }

    /// Returns what clients may set as `network.relays`.
    fn urls(&self, node: &Node) -> Vec<String> {
        let port = self.address.port();
        let (scheme, pin) = match &self.fingerprint {
            Some(hash) => ("https", format!("{}{hash}", crate::net::PIN)),
            None => ("http", String::new()),
        };
        let mut hosts = Vec::new();
        if self.address.ip().is_unspecified() {
            let addresses = node.running().map(|network| network.addresses()).unwrap_or_default();
            let is_v6 = self.address.is_ipv6();
            let reached = addresses.iter().filter(|at| is_v6 || at.is_ipv4()).map(|at| SocketAddr::new(at.ip(), port));
            let reached: BTreeSet<_> = reached.collect();
            hosts.extend(reached.iter().map(ToString::to_string));
        } else {
            hosts.push(self.address.to_string());
        }
        if let Some(host) = &self.host {
            let named = format!("{host}:{port}");
            if !hosts.contains(&named) {
                hosts.insert(0, named);
            }
        }
        hosts.into_iter().map(|host| format!("{scheme}://{host}{pin}")).collect()
    }

    /// Ends it, telling the clients.
    pub(crate) async fn close(self) {
        self.service.shutdown().await;
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
        if let Some(discovery) = self.discovery
            && let Err(error) = discovery.shutdown().await
        {
            tracing::debug!("address discovery did not end in order: {error}");
        }
    }
}

async fn only(node: &Node, names: Vec<String>) -> Result<BTreeSet<dataforge_protocol::id::WorkspaceId>, ApiError> {
    node.with_core(move |core| names.iter().map(|name| core.find_workspace(Some(name))).collect()).await
}

/// Takes connections for as long as the relay lives; those being set up are bounded.
async fn accept(listener: TcpListener, service: RelayService, tls: Option<TlsAcceptor>) {
    let setups = Arc::<Setups>::default();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, from)) => {
                connections.spawn(set_up(setups.take(from), stream, service.clone(), tls.clone()));
            }
            Err(error) => {
                tracing::debug!("the relay cannot take a connection: {error}");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}
