//! Pairing over the network: a host that opened a window hands a ticket to whoever has its code.
//!
//! Outside of a window nothing is answered. One joiner is heard at a time, three wrong codes close
//! the window, and the ticket exists only once a code was right. The joiner uses a key made for
//! this exchange alone, since it may not have an identity yet.

mod window;

use std::net::SocketAddr;

use dataforge_protocol::hello::same;
use dataforge_protocol::id::DeviceId;
use dataforge_protocol::pairing::{
    Code, Key, Pairing, PairingAnswer, PairingProof, PairingReply, PairingRequest, Shut, Tried,
};
use dataforge_protocol::ticket::{JoinSide, Ticket, join_frame, read_join_frame};
use dataforge_protocol::wire::PAIR_ALPN;
use iroh::endpoint::{Connection, ConnectionError};
use iroh::{EndpointAddr, PublicKey, SecretKey};
use serde::Deserialize;
use tokio::time::timeout;

pub(crate) use self::window::{End, Offer, Windows};
use super::nearby::Neighbour;
use super::reach::Reach;
use super::{DIAL, HANDSHAKE, Network, Purpose, code, endpoint, frame, hello};
use crate::api::{ApiError, ErrorKind};
use crate::clock::random_bytes;
use crate::config::NetworkConfig;

/// What comes of asking a neighbour for its ticket.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The ticket, with where its host was reached.
    Ticket(Box<Ticket>),
    /// The code was wrong; so many more tries are left.
    Wrong(u8),
}

/// Answers one joiner.
pub(super) async fn host(network: &Network, connection: &Connection) -> Result<(), ApiError> {
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the joiner took too long");
    let exporter = hello::exporter(connection)?;
    let asked = timeout(HANDSHAKE, async {
        let (send, mut recv) = connection.accept_bi().await.map_err(|error| frame::lost(&error))?;
        let request = heard::<PairingRequest>(&frame::read(&mut recv).await?)?;
        Ok::<_, ApiError>((send, recv, request))
    });
    let (mut send, mut recv, request) = asked.await.map_err(late)??;
    let mut attempt = match network.pairing.begin() {
        Ok(attempt) => attempt,
        Err(Shut::Busy) => {
            connection.close(code::LATER.into(), b"another one is at it: try again");
            return Ok(());
        }
        Err(_) => return Err(hello::refused()),
    };
    let joiner = DeviceId(*connection.remote_id().as_bytes());
    let (pairing, element) = Pairing::begin(attempt.code(), JoinSide::Host, &joiner, &network.device, &random_bytes()?);
    let key = pairing.finish(&request.element, &exporter).map_err(|error| broke(&error))?;
    let proved = timeout(HANDSHAKE, async {
        frame::write(&mut send, &join_frame(&PairingAnswer { element })).await?;
        heard::<PairingProof>(&frame::read(&mut recv).await?)
    });
    let proved = proved.await.map_err(late)??;
    let reply = if key.is_proved_by(&proved.proof) {
        let offer = attempt.end_right();
        hand_over(network, &key, offer).await
    } else {
        PairingReply::Wrong { left: attempt.end(Tried::Wrong) }
    };
    frame::write(&mut send, &join_frame(&reply)).await?;
    drop(send.finish());
    // The joiner closes once it has the answer.
    drop(timeout(HANDSHAKE, connection.closed()).await);
    Ok(())
}

/// Makes the ticket for a joiner that had the right code.
async fn hand_over(network: &Network, key: &Key, offer: Offer) -> PairingReply {
    let handed = match network.node.get() {
        Ok(node) => crate::requests::ticket_for(&node, offer).await,
        Err(error) => Err(error),
    };
    match handed {
        Ok(ticket) => {
            network.pairing.note_end(offer.window, End::Handed(ticket.invite));
            PairingReply::Paired { proof: key.proof(), ticket: ticket.to_string() }
        }
        Err(error) => {
            network.pairing.note_end(offer.window, End::Unable(error));
            PairingReply::Unable
        }
    }
}

fn broke(what: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("the peer broke the protocol: {what}"))
}

fn heard<T: for<'a> Deserialize<'a>>(content: &[u8]) -> Result<T, ApiError> {
    read_join_frame(content).ok_or_else(|| broke(&"a message that is none"))
}

/// Asks a neighbour for its ticket by a code.
///
/// # Errors
/// `Network` when it cannot be reached or breaks off, `NotFound` when it has no window open, `Busy`
/// when another joiner is at it, `NotAllowed` when it does not know the code itself or may not
/// invite.
pub(crate) async fn ask(config: &NetworkConfig, neighbour: &Neighbour, code: &Code) -> Result<Outcome, ApiError> {
    let secret = SecretKey::from_bytes(&random_bytes()?);
    let endpoint = endpoint::bind(&secret, config, Purpose::Once, None).await?;
    let own = DeviceId(*secret.public().as_bytes());
    let local = endpoint::addresses(&endpoint);
    let asked = async {
        let (whom, tried, listen) = (&*neighbour.label, &*neighbour.addresses, config.listen);
        let reach = Reach { whom, to: "pair with it", tried, local: &local, listen };
        let unreachable = |error: &dyn std::fmt::Display| reach.failed(error);
        let host = PublicKey::from_bytes(neighbour.device.as_bytes()).map_err(|error| unreachable(&error))?;
        let address = neighbour.addresses.iter().fold(EndpointAddr::new(host), |address, ip| address.with_ip_addr(*ip));
        let connected = timeout(DIAL, endpoint.connect(address, PAIR_ALPN)).await;
        let connection = connected.map_err(|_late| unreachable(&"no answer"))?.map_err(|error| unreachable(&error))?;
        let told = timeout(DIAL, exchange(&connection, &own, neighbour, code)).await;
        let outcome = told.map_err(|_late| unreachable(&"no answer"))?;
        let reached: Vec<SocketAddr> = frame::addresses(&connection);
        connection.close(code::DONE.into(), b"");
        Ok::<_, ApiError>(match outcome? {
            Outcome::Ticket(ticket) => Outcome::Ticket(Box::new(ticket.reached_at(reached))),
            wrong @ Outcome::Wrong(_) => wrong,
        })
    };
    let asked = asked.await;
    endpoint.close().await;
    asked
}

async fn exchange(
    connection: &Connection,
    own: &DeviceId,
    neighbour: &Neighbour,
    code: &Code,
) -> Result<Outcome, ApiError> {
    let lost = |error: ApiError| closed(connection, &neighbour.label).unwrap_or(error);
    let exporter = hello::exporter(connection)?;
    let (mut send, mut recv) = connection.open_bi().await.map_err(|error| frame::lost(&error))?;
    let (pairing, element) = Pairing::begin(code, JoinSide::Joiner, own, &neighbour.device, &random_bytes()?);
    frame::write(&mut send, &join_frame(&PairingRequest { element })).await.map_err(lost)?;
    let answer: PairingAnswer = heard(&frame::read(&mut recv).await.map_err(lost)?)?;
    let key = pairing.finish(&answer.element, &exporter).map_err(|error| broke(&error))?;
    frame::write(&mut send, &join_frame(&PairingProof { proof: key.proof() })).await.map_err(lost)?;
    let reply: PairingReply = heard(&frame::read(&mut recv).await.map_err(lost)?)?;
    if !reply.is_bounded() {
        return Err(broke(&"a ticket that is too long"));
    }
    match reply {
        PairingReply::Wrong { left } => Ok(Outcome::Wrong(left)),
        PairingReply::Unable => {
            Err(ApiError::new(ErrorKind::NotAllowed, "the code is right, and no ticket came of it")
                .hint(format!("{} says why: its person may not invite any more, for instance", neighbour.label)))
        }
        PairingReply::Paired { proof, .. } if !key.is_proved_by(&proof) => Err(ApiError::new(
            ErrorKind::NotAllowed,
            "the other machine does not know the code: it is not the one that shows it",
        )
        .hint("look at the label and the code there, and try again; nothing was joined")),
        PairingReply::Paired { ticket, .. } => {
            let ticket: Ticket = ticket.parse().map_err(|_error| broke(&"a ticket that is none"))?;
            if !same(ticket.host.as_bytes(), neighbour.device.as_bytes()) {
                return Err(broke(&"a ticket of another device"));
            }
            Ok(Outcome::Ticket(Box::new(ticket)))
        }
    }
}

/// What a host means that closes instead of answering.
fn closed(connection: &Connection, label: &str) -> Option<ApiError> {
    let Some(ConnectionError::ApplicationClosed(close)) = connection.close_reason() else { return None };
    let said = u64::from(close.error_code);
    (said == u64::from(code::LATER))
        .then(|| {
            ApiError::new(ErrorKind::Busy, format!("another machine is pairing with {label} just now"))
                .hint("try again in some seconds")
        })
        .or_else(|| {
            (said == u64::from(code::REFUSED)).then(|| {
                ApiError::new(ErrorKind::NotFound, format!("{label} has no pairing window open"))
                    .hint("it closed, or three codes were wrong: run dataforge pair there again")
            })
        })
}
