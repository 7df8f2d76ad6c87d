//! Joining made easy: what a ticket says, and pairing on a local network.

use std::time::{Duration, Instant};

use dataforge_protocol::id::{DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::op::{Add, InviteForm, Op, Role};
use dataforge_protocol::pairing::Code;
use dataforge_protocol::ticket::{Ticket, fingerprint};
use futures::future::BoxFuture;

use super::find;
use super::people::People;
use super::sharing::{make, role_to_give};
use super::syncing::parse_peer;
use super::ticket::{check_elsewhere, in_minutes};
use crate::api::{
    ApiError, ErrorKind, HandedReply, JoinedReply, JoiningRequest, NearbyReply, NeighbourInfo, PairingReply, Reply,
};
use crate::clock::{random_bytes, rfc3339};
use crate::core::Core;
use crate::net::Purpose;
use crate::net::nearby::{MAX_LABEL_BYTES, Neighbour, is_label};
use crate::net::pairing::{self, End, Offer, Outcome, Windows};
use crate::node::Node;
use crate::ticket;

/// The longest time a pairing window may be open, in minutes.
const MAX_MINUTES: u32 = 60;
/// How long a ticket that was handed over by a code is good, in minutes: its joiner still has to
/// read what it says.
const HANDED_MINUTES: u32 = 15;
/// How long to listen for neighbours when one is to be asked.
const LISTEN: Duration = Duration::from_secs(6);
/// How much longer once one was heard, in case there are others.
const AFTER_FIRST: Duration = Duration::from_millis(1500);
/// How long an address given by hand counts.
const BY_HAND: Duration = Duration::from_secs(60);
/// How long to wait for joiners that are just being answered.
const QUIET: Duration = Duration::from_secs(10);
/// Pause between looks whether a ticket that was handed over is used.
const LOOK: Duration = Duration::from_secs(1);

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

pub(super) async fn dispatch(node: &Node, ask: JoiningRequest) -> Result<Reply, ApiError> {
    match ask {
        JoiningRequest::Show { ticket } => show(node, &ticket).await,
        JoiningRequest::Pair { workspace, role, minutes, label } => {
            let workspace = find(node, workspace).await?;
            open(node, workspace, &role, minutes, label).await
        }
        JoiningRequest::AwaitPaired { window } => await_paired(node, window).await,
        JoiningRequest::Nearby { seconds } => {
            let patience = Duration::from_secs(u64::from(seconds.min(60)));
            Ok(Reply::Nearby(nearby(node, patience).await?))
        }
        JoiningRequest::Ask { name, at, code } => ask_neighbour(node, name, at, &code).await,
    }
}

async fn show(node: &Node, text: &str) -> Result<Reply, ApiError> {
    let ticket = ticket::read(text)?;
    let about = ticket::about(&ticket);
    node.with_core(move |core| check_elsewhere(core, &ticket)).await?;
    Ok(Reply::Ticket(about))
}

async fn open(
    node: &Node,
    workspace: WorkspaceId,
    role: &str,
    minutes: u32,
    label: Option<String>,
) -> Result<Reply, ApiError> {
    let role = role_to_give(role)?;
    if minutes == 0 || minutes > MAX_MINUTES {
        return Err(usage(
            format!("a pairing window cannot be open for {minutes} minutes"),
            format!("choose 1 to {MAX_MINUTES} with --minutes; an invite lasts longer: dataforge invite"),
        ));
    }
    let (name, device, own_label) = node.with_core(move |core| may_pair(core, &workspace, role)).await?;
    let label = label.unwrap_or_else(|| as_label(&own_label));
    if !is_label(&label) {
        return Err(usage(
            format!("{label:?} cannot be used as a label"),
            format!("use at most {MAX_LABEL_BYTES} bytes without control characters: dataforge pair --label LABEL"),
        ));
    }
    let network = node.network(Purpose::Serve).await?;
    let code = Code::draw(&random_bytes()?);
    let (shown, time) = (code.to_string(), Duration::from_secs(u64::from(minutes) * 60));
    let window = network.pairing.open(code, time, label.clone(), workspace, role);
    Ok(Reply::Pairing(PairingReply {
        window,
        code: shown,
        label,
        workspace: name,
        role: role.to_string(),
        until: rfc3339(in_minutes(minutes)),
        device_id: device.to_string(),
        addresses: network.addresses().iter().map(ToString::to_string).collect(),
    }))
}

/// Shortens a device's label to what may be announced.
fn as_label(label: &str) -> String {
    let end = (0..=MAX_LABEL_BYTES.min(label.len())).rev().find(|end| label.is_char_boundary(*end)).unwrap_or(0);
    label[..end].to_owned()
}

/// Refuses whoever could not invite to a role; returns the name of the workspace, this device and
/// its label.
fn may_pair(core: &mut Core, workspace: &WorkspaceId, role: Role) -> Result<(String, DeviceId, String), ApiError> {
    let refused = |message: String, hint: &str| Err(ApiError::new(ErrorKind::NotAllowed, message).hint(hint));
    let own = core.role(workspace)?;
    match own {
        None => {
            return refused("you are no member of this workspace any more".into(), "ask an admin to invite you again");
        }
        Some(own) if own < Role::Admin => {
            return refused(
                format!("letting somebody in needs the role of an admin; you are {own}"),
                "ask an admin or owner to run dataforge pair; dataforge members lists them",
            );
        }
        Some(own) if role >= own && own < Role::Owner => {
            return refused(
                format!("letting in a new {role} needs a higher role than {own}"),
                "ask an owner, or pair with --role editor or viewer",
            );
        }
        Some(_) => {}
    }
    let identity = core.identity()?;
    let (device, devices) = (identity.device(), identity.public.person.devices.clone());
    let label = devices.into_iter().find(|(cert, _)| cert.device == device).map(|(_, label)| label);
    let name = core.ledger(workspace)?.genesis().name.clone();
    Ok((name, device, label.unwrap_or_else(|| device.fmt_short())))
}

/// Makes the ticket for whoever had the right code of a window.
pub(crate) fn ticket_for(node: &Node, offer: Offer) -> BoxFuture<'_, Result<Ticket, ApiError>> {
    // Boxed: a network that answers by starting a network would be a type without an end.
    let terms = (InviteForm::Handed, offer.role, 1);
    Box::pin(
        async move { make(node, offer.workspace, terms, in_minutes(HANDED_MINUTES)).await.map(|(ticket, _)| ticket) },
    )
}

/// Closes a window when nobody waits for it any more.
struct Closing<'a>(&'a Windows, u64);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close(self.1);
    }
}

async fn await_paired(node: &Node, window: u64) -> Result<Reply, ApiError> {
    let network = node.network(Purpose::Serve).await?;
    let _closing = Closing(&network.pairing, window);
    let reply = match network.pairing.ended(window).await {
        End::Handed(invite) => joined(node, invite).await,
        End::Unable(error) => Err(error),
        End::Guessed => {
            Err(ApiError::new(ErrorKind::NotAllowed, "three codes were wrong: the pairing window is closed").hint(
                "unless whoever is to join slipped, somebody else in this network tried: run dataforge pair again",
            ))
        }
        End::Expired => Err(ApiError::new(ErrorKind::NotFound, "nobody joined before the pairing window closed")
            .hint("open another with dataforge pair; --minutes keeps it open longer")),
        End::Closed => Err(ApiError::new(ErrorKind::NotFound, "the pairing window was closed")
            .hint("another one was opened, or the node ended")),
    };
    // Who asks may end the node next.
    network.pairing.quiet(QUIET).await;
    reply
}

/// Waits until the ticket of an invite is used; returns who joined by it.
async fn joined(node: &Node, invite: EntryId) -> Result<Reply, ApiError> {
    let deadline = Instant::now() + Duration::from_secs(u64::from(HANDED_MINUTES) * 60);
    let mut changes = node.changes();
    loop {
        changes.mark_unchanged();
        if let Some(joined) = node.with_core(move |core| who_joined(core, &invite)).await? {
            return Ok(Reply::Joined(joined));
        }
        if Instant::now() >= deadline {
            return Err(ApiError::new(ErrorKind::NotFound, "the code was right, and the ticket was not used in time")
                .hint("whoever had it did not say yes; open another window with dataforge pair"));
        }
        drop(tokio::time::timeout(LOOK, changes.changed()).await);
    }
}

fn who_joined(core: &mut Core, invite: &EntryId) -> Result<Option<JoinedReply>, ApiError> {
    let Some((workspace, _)) = core.store.invite(invite)? else { return Ok(None) };
    let ledger = core.ledger(&workspace)?;
    let adds = |id: &EntryId| match ledger.op(id) {
        Some(Op::Add(Add { person, role, invite: by })) if by.as_ref() == Some(invite) => Some((person.id, *role)),
        _ => None,
    };
    let Some((person, role)) = ledger.ops().iter().find_map(adds) else { return Ok(None) };
    let workspace_name = ledger.genesis().name.clone();
    let name = People::of(core, &workspace)?.name(&person);
    Ok(Some(JoinedReply {
        person: name,
        fingerprint: fingerprint(&person),
        role: role.to_string(),
        workspace: workspace_name,
    }))
}

/// Listens for neighbours. What they announce is heard by a network that runs, so one is started
/// when this device has a key for it.
async fn listen(node: &Node, patience: Duration) -> Result<Vec<Neighbour>, ApiError> {
    if node.with_core(|core| Ok(core.identity.is_some())).await? {
        node.network(Purpose::Once).await?;
    }
    Ok(node.neighbours().listen(patience, AFTER_FIRST.min(patience)).await)
}

async fn nearby(node: &Node, patience: Duration) -> Result<NearbyReply, ApiError> {
    let info = |neighbour: Neighbour| NeighbourInfo {
        label: neighbour.label,
        device_id: neighbour.device.to_string(),
        addresses: neighbour.addresses.iter().map(ToString::to_string).collect(),
    };
    let neighbours = listen(node, patience).await?.into_iter().map(info).collect();
    let announced = node.running().and_then(|network| network.pairing.notice.borrow().clone());
    Ok(NearbyReply { neighbours, announced: announced.map(|notice| notice.label) })
}

async fn ask_neighbour(node: &Node, name: Option<String>, at: Option<String>, code: &str) -> Result<Reply, ApiError> {
    let code = ticket::read_code(code)?;
    let neighbour = match at {
        Some(at) => by_hand(node, &at, name)?,
        None => choose(listen(node, LISTEN).await?, name.as_deref())?,
    };
    if node.with_core(|core| Ok(core.device())).await? == Some(neighbour.device) {
        return Err(usage("that is this very machine", "run dataforge join --nearby on the other one"));
    }
    match pairing::ask(&node.config().network, &neighbour, &code).await? {
        Outcome::Wrong(left) => Ok(Reply::WrongCode { left }),
        Outcome::Ticket(ticket) => {
            let (text, about) = (ticket.to_string(), ticket::about(&ticket));
            node.with_core(move |core| check_elsewhere(core, &ticket)).await?;
            Ok(Reply::Handed(HandedReply { ticket: text, about }))
        }
    }
}

/// Takes an address given by hand as that of a neighbour.
fn by_hand(node: &Node, at: &str, name: Option<String>) -> Result<Neighbour, ApiError> {
    let (device, address) = parse_peer(at)?;
    let label = name.filter(|name| is_label(name)).unwrap_or_else(|| device.fmt_short());
    let neighbour = Neighbour { device, label, addresses: vec![address], until: Instant::now() + BY_HAND };
    node.neighbours().heard(neighbour.clone());
    Ok(neighbour)
}

fn choose(mut neighbours: Vec<Neighbour>, name: Option<&str>) -> Result<Neighbour, ApiError> {
    let labels: Vec<_> =
        neighbours.iter().map(|known| format!("{} [{}]", known.label, known.device.fmt_short())).collect();
    if let Some(name) = name {
        let is_meant = |known: &Neighbour| {
            known.label == name || (name.len() >= 4 && known.device.to_string().starts_with(&name.to_ascii_lowercase()))
        };
        neighbours.retain(is_meant);
    }
    match (neighbours.pop(), neighbours.is_empty(), labels.is_empty()) {
        (Some(only), true, _) => Ok(only),
        (Some(_), false, _) => Err(usage(
            "several machines nearby can be joined",
            format!(
                "name one by label or start of its id: dataforge join --nearby NAME; there are {}",
                labels.join(", ")
            ),
        )),
        (None, _, true) => Err(ApiError::new(ErrorKind::NotFound, "no machine nearby can be joined").hint(
            "run dataforge pair on the other one, in the same network; if it is not heard, add --at as shown there",
        )),
        (None, _, false) => Err(ApiError::new(
            ErrorKind::NotFound,
            format!("no machine nearby that can be joined is called {:?}", name.unwrap_or_default()),
        )
        .hint(format!("there are {}", labels.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(device: u8, label: &str) -> Neighbour {
        let addresses = vec![std::net::SocketAddr::from(([10, 0, 0, device], 7411))];
        Neighbour { device: DeviceId([device; 32]), label: label.to_owned(), addresses, until: Instant::now() }
    }

    #[test]
    fn a_neighbour_is_chosen_by_label_or_id_and_never_by_chance() {
        let all = || vec![neighbour(0x11, "rig"), neighbour(0x22, "rig"), neighbour(0x33, "office")];
        assert_eq!(choose(all(), Some("office")).unwrap().device, DeviceId([0x33; 32]));
        assert_eq!(choose(all(), Some("2222")).unwrap().device, DeviceId([0x22; 32]));
        let error = choose(all(), Some("rig")).unwrap_err();
        assert!(error.kind == ErrorKind::Usage && error.hint.unwrap().contains("rig [2222222222]"));
        assert_eq!(choose(all(), None).unwrap_err().kind, ErrorKind::Usage);
        assert_eq!(choose(all(), Some("boat")).unwrap_err().kind, ErrorKind::NotFound);
        assert!(choose(Vec::new(), None).unwrap_err().hint.unwrap().contains("dataforge pair"));
        assert_eq!(choose(vec![neighbour(0x11, "rig")], None).unwrap().label, "rig");
    }

    #[test]
    fn a_long_label_is_shortened_between_characters() {
        assert_eq!(as_label("rig"), "rig");
        let long = as_label(&"ø".repeat(60));
        assert_eq!((long.len(), long.chars().count()), (62, 31));
    }
}
