//! Making workspaces, and listing them.

use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::op::{Genesis, NO_RECOVERY_KEY, Op, Person, Role, is_name};
use dataforge_protocol::ticket::fingerprint;

use crate::api::{ApiError, ErrorKind, InitReply, Reply, WorkspaceInfo};
use crate::clock::{now_ms, random_bytes};
use crate::core::Core;
use crate::identity::Identity;
use crate::index::Index;
use crate::node::Node;
use crate::requests::people::recoverers;

/// Returns the identity, made now when there is none, with the recovery words in that case.
pub(super) fn ensure_identity(
    core: &mut Core,
    dir: &std::path::Path,
    person: Option<String>,
    device: Option<String>,
) -> Result<(Identity, Option<String>), ApiError> {
    if let Some(identity) = &core.identity {
        return Ok((identity.clone(), None));
    }
    let person = person.or_else(|| environment(&["USER", "USERNAME", "LOGNAME"])).unwrap_or_else(|| "me".into());
    let device = device.unwrap_or_else(device_label);
    let (identity, phrase) = Identity::create(dir, &person, &device)?;
    core.identity = Some(identity.clone());
    Ok((identity, Some(phrase.words())))
}

fn environment(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok().filter(|text| is_name(text)))
}

/// Returns what this machine is called.
pub(super) fn device_label() -> String {
    let host = || {
        std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()).filter(|name| is_name(name))
    };
    environment(&["HOSTNAME", "COMPUTERNAME"]).or_else(host).unwrap_or_else(|| "this device".into())
}

pub(super) fn info(core: &mut Core, id: WorkspaceId) -> Result<WorkspaceInfo, ApiError> {
    let role = core.role(&id)?.map_or("none", Role::as_str).to_owned();
    let name = core.ledger(&id)?.genesis().name.clone();
    let members = core.ledger(&id)?.members().members.len() as u64;
    let (wells, runs) = Index::new(core.store.connection(), id).counts()?;
    let entries = core.ledger(&id)?.position();
    Ok(WorkspaceInfo { id: id.to_string(), name, role, wells, runs, members, entries })
}

/// Who besides this person owns a workspace from the start, and who may recover it.
#[derive(Debug, Default)]
pub(super) struct Founders {
    /// The other owners.
    pub(super) others: Vec<Person>,
    /// How many of all owners together may recover the workspace; 0 for never.
    pub(super) quorum: u8,
    /// Whether nobody's words alone may.
    pub(super) only_quorum: bool,
}

pub(super) async fn init(
    node: &Node,
    name: String,
    person: Option<String>,
    device: Option<String>,
    founders: Founders,
) -> Result<Reply, ApiError> {
    if !is_name(&name) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{name:?} cannot be used as a name"))
            .hint("use 1 to 120 characters without control characters"));
    }
    let dir = node.directory().to_owned();
    let reply = node
        .with_core(move |core| {
            if core.store.workspaces()?.iter().any(|(_, known)| *known == name) {
                return Err(ApiError::new(ErrorKind::Usage, format!("there is a workspace {name:?} here already")));
            }
            let (identity, recovery_words) = ensure_identity(core, &dir, person, device)?;
            let workspace = start(core, &identity, name, founders)?;
            let person = &identity.public.person;
            Ok(InitReply {
                workspace: info(core, workspace)?,
                person_id: person.id.to_string(),
                person: person.name.clone(),
                fingerprint: fingerprint(&person.id),
                device_id: identity.device().to_string(),
                recovery_words,
                recoverers: recoverers(core.ledger(&workspace)?.genesis()),
            })
        })
        .await?;
    Ok(Reply::Init(reply))
}

fn start(core: &mut Core, identity: &Identity, name: String, founders: Founders) -> Result<WorkspaceId, ApiError> {
    let Founders { others, quorum, only_quorum } = founders;
    let genesis = Op::Genesis(Genesis {
        nonce: random_bytes()?,
        name,
        owners: std::iter::once(identity.public.person.clone()).chain(others).collect(),
        recovery: if only_quorum { NO_RECOVERY_KEY } else { identity.public.recovery },
        quorum,
        discovery_secret: random_bytes()?,
    });
    let body = genesis.to_bytes();
    let header = Header {
        link: Link {
            version: HEADER_VERSION,
            kind: EntryKind::Op.to_u8(),
            workspace: WorkspaceId([0; 32]),
            device: identity.device(),
            seq: 0,
            prev: None,
            body: BodyRef::of(&body),
        },
        claims: Claims { claimed_ms: now_ms(), ..Claims::default() },
    };
    let entry = SignedEntry::sign(&header, body, &identity.secret).read();
    let entry = entry.map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    core.begin(&entry, Vec::new())
}

pub(super) async fn list(node: &Node) -> Result<Reply, ApiError> {
    let workspaces = node
        .with_core(|core| {
            core.store.workspaces()?.into_iter().map(|(id, _)| info(core, id)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    Ok(Reply::Workspaces { workspaces })
}
