//! Watching the relay in use, and taking another one when it fails.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use iroh::Watcher as _;
use iroh::endpoint::{Connection, RelayStatus};
use tokio::time::{Instant, sleep, timeout};

use super::probe::{Failure, probe};
use super::{Health, Relays, State, relay_of};
use crate::api::Event;
use crate::net::rivals::Seat;
use crate::net::{Network, code, lock};

/// Pause between probes of a relay that sessions go through.
const BUSY: Duration = Duration::from_secs(10);
/// The same while none does.
const IDLE: Duration = Duration::from_secs(30);
/// The same while the endpoint is not connected to it, or no relay answers.
const ANXIOUS: Duration = Duration::from_secs(5);
/// Least pause, whatever is heard.
const LEAST: Duration = Duration::from_millis(500);
/// A relay that answers probes and lets this device in within this time works.
const ADMISSION: Duration = Duration::from_secs(25);
/// Pause between looks whether a preferred relay is back.
const RETURN: Duration = Duration::from_secs(30);
/// Looks at which it must have answered.
const STEADY: u32 = 2;
/// How long a relay that does not let this device in is not returned to.
const KEPT_OUT: Duration = Duration::from_secs(600);
/// How long a preferred relay may take longer to answer than the first that does.
const GRACE: Duration = Duration::from_millis(300);

struct Supervisor<'a> {
    network: &'a Arc<Network>,
    relays: &'a Arc<Relays>,
    probed: Instant,
    looked_back: Instant,
    /// Answers in a row of the relays before the one in use.
    steady: u32,
    /// Since when the endpoint is not connected to the relay in use.
    apart: Option<Instant>,
    /// When each relay did not let this device in, though it answers.
    kept_out: Vec<Option<Instant>>,
}

/// Watches for as long as the network runs.
pub(in crate::net) async fn supervise(network: Arc<Network>, relays: Arc<Relays>) {
    let mut home = network.endpoint().home_relay_status();
    let now = Instant::now();
    let mut supervisor = Supervisor {
        network: &network,
        relays: &relays,
        probed: now,
        looked_back: now,
        steady: 0,
        apart: Some(now),
        kept_out: relays.list.iter().map(|_| None).collect(),
    };
    supervisor.check().await;
    loop {
        tokio::select! {
            // Whichever it is, there is something to look at.
            _ = timeout(supervisor.pause(), home.updated()) => {}
            () = relays.doubted.notified() => supervisor.check().await,
        }
        let status = home.get();
        supervisor.look(&status).await;
        sleep(LEAST).await;
    }
}

impl Supervisor<'_> {
    fn current(&self) -> usize {
        self.relays.state.borrow().current
    }

    fn is_down(&self, at: usize) -> bool {
        matches!(self.relays.state.borrow().health.get(at), Some(Health::Down(_)))
    }

    /// Returns how long to wait before the relay in use is asked again.
    fn pause(&self) -> Duration {
        let pause = if self.apart.is_some() || self.is_down(self.current()) {
            ANXIOUS
        } else if self.through_current().is_empty() {
            IDLE
        } else {
            BUSY
        };
        pause.saturating_sub(self.probed.elapsed())
    }

    async fn look(&mut self, status: &[RelayStatus]) {
        let current = self.current();
        let Some(relay) = self.relays.list.get(current) else { return };
        let of_current = status.iter().find(|status| *status.url() == relay.url);
        let is_connected = of_current.is_some_and(RelayStatus::is_connected);
        let lost = !is_connected && self.apart.is_none();
        self.apart = if is_connected { None } else { self.apart.or_else(|| Some(Instant::now())) };
        let denied = of_current.and_then(RelayStatus::auth_denied_reason).map(str::to_owned);
        self.relays.state.send_if_modified(|state| {
            let complaint = if is_connected { None } else { denied.clone().or_else(|| state.complaint.clone()) };
            let changed = state.is_connected != is_connected || state.complaint != complaint;
            (state.is_connected, state.complaint) = (is_connected, complaint);
            changed
        });
        if lost || self.pause().is_zero() {
            self.check().await;
        }
        let is_kept_out = self.apart.is_some_and(|since| since.elapsed() > ADMISSION);
        if is_kept_out && !self.is_down(self.current()) {
            self.on_kept_out(denied).await;
        }
        self.look_back().await;
    }

    /// The relay in use answers, and does not let this device in, or the endpoint is stuck.
    async fn on_kept_out(&mut self, denied: Option<String>) {
        self.apart = Some(Instant::now());
        if denied.is_none() {
            self.network.endpoint().network_change().await;
        }
        if self.relays.list.len() > 1 {
            let current = self.current();
            if let Some(kept_out) = self.kept_out.get_mut(current) {
                *kept_out = Some(Instant::now());
            }
            self.fail_over(denied.unwrap_or_else(|| "it answers, but no connection comes about".to_owned())).await;
        }
    }

    /// Asks the relay in use; takes another one when it does not answer.
    async fn check(&mut self) {
        let current = self.current();
        let Some(relay) = self.relays.list.get(current) else { return };
        let before = self.bytes_through_current();
        self.probed = Instant::now();
        match probe(self.relays, relay).await {
            Ok(()) if self.is_down(current) => {
                self.set_health(current, Health::Good);
                self.network.relay_changes.send_modify(|count| *count += 1);
            }
            Ok(()) => self.set_health(current, Health::Good),
            // A slow path: what goes through it says more than the probe.
            Err(Failure::Silent) if self.bytes_through_current() > before => {}
            Err(failure) => self.fail_over(failure.to_string()).await,
        }
    }

    async fn fail_over(&mut self, why: String) {
        let current = self.current();
        tracing::warn!("{} fails: {why}", self.url(current));
        self.set_health(current, Health::Down(why.clone()));
        let others = (0..self.relays.list.len()).filter(|at| *at != current).collect();
        if let Some(next) = self.first_good(others).await {
            let message = format!("the relay {} fails ({why}); {} is used now", self.url(current), self.url(next));
            self.take(next).await;
            self.tell(message);
        }
    }

    /// Returns the most preferred of some relays that answers.
    async fn first_good(&self, candidates: Vec<usize>) -> Option<usize> {
        let ask = |at: usize| async move {
            let relay = self.relays.list.get(at)?;
            match probe(self.relays, relay).await {
                Ok(()) => {
                    self.set_health(at, Health::Good);
                    Some(at)
                }
                Err(failure) => {
                    self.set_health(at, Health::Down(failure.to_string()));
                    None
                }
            }
        };
        let mut asked: FuturesUnordered<_> = candidates.into_iter().map(ask).collect();
        let mut best = None;
        loop {
            let answer = match best {
                None => asked.next().await,
                Some(_) => timeout(GRACE, asked.next()).await.unwrap_or(None),
            };
            match answer {
                Some(Some(at)) => best = Some(best.map_or(at, |best: usize| best.min(at))),
                Some(None) => {}
                None => return best,
            }
        }
    }

    /// Returns to a preferred relay once it answers steadily. What goes through the other one stays.
    async fn look_back(&mut self) {
        let current = self.current();
        if current == 0 || self.looked_back.elapsed() < RETURN {
            return;
        }
        self.looked_back = Instant::now();
        let is_open = |at: &usize| {
            let kept_out = self.kept_out.get(*at).copied().flatten();
            kept_out.is_none_or(|at| at.elapsed() > KEPT_OUT)
        };
        let Some(preferred) = self.first_good((0..current).filter(is_open).collect()).await else {
            self.steady = 0;
            return;
        };
        self.steady += 1;
        if self.steady >= STEADY {
            self.steady = 0;
            let message = format!("the relay {} answers again and is used now", self.url(preferred));
            self.take(preferred).await;
            self.tell(message);
        }
    }

    /// Makes a relay the one in use, and ends what goes through one that is down.
    async fn take(&mut self, next: usize) {
        let current = self.current();
        let (Some(old), Some(new)) = (self.relays.list.get(current), self.relays.list.get(next)) else { return };
        // In this order: of two the endpoint would choose by what it measured before.
        drop(self.network.endpoint().remove_relay(&old.url).await);
        drop(self.network.endpoint().insert_relay(new.url.clone(), Arc::clone(&new.config)).await);
        let stale = if self.is_down(current) { self.through_current() } else { Vec::new() };
        self.relays.state.send_modify(|state| {
            (state.current, state.is_connected, state.complaint) = (next, false, None);
        });
        self.apart = Some(Instant::now());
        self.probed = Instant::now();
        for connection in stale {
            // The peer does not hear it: it watches the relay, too.
            connection.close(code::DONE.into(), b"the relay failed");
        }
        self.network.relay_changes.send_modify(|count| *count += 1);
    }

    fn set_health(&self, at: usize, health: Health) {
        self.relays.state.send_if_modified(|state: &mut State| {
            let Some(known) = state.health.get_mut(at) else { return false };
            let changed = *known != health;
            *known = health;
            changed
        });
    }

    fn url(&self, at: usize) -> String {
        self.relays.list.get(at).map(|relay| relay.url.to_string()).unwrap_or_default()
    }

    fn tell(&self, message: String) {
        tracing::info!("{message}");
        if let Ok(node) = self.network.node.get() {
            node.emit(Event::Notice { message });
        }
    }

    /// Returns the connections that go through the relay in use.
    fn through_current(&self) -> Vec<Connection> {
        let Some(relay) = self.relays.list.get(self.current()) else { return Vec::new() };
        let sessions = lock(&self.network.sessions)
            .values()
            .flat_map(|seat| seat.all().map(|live| live.connection.clone()))
            .collect::<Vec<_>>();
        let blobs = self.network.blob_connections.borrow().values().flat_map(Seat::all).cloned().collect::<Vec<_>>();
        let all = sessions.into_iter().chain(blobs);
        all.filter(|connection| {
            connection.close_reason().is_none() && relay_of(connection).as_ref() == Some(&relay.url)
        })
        .collect()
    }

    fn bytes_through_current(&self) -> u64 {
        self.through_current().iter().map(|connection| connection.stats().udp_rx.bytes).sum()
    }
}
