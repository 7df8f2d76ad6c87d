//! Making workspaces, and editing what is in them.

use dataforge_protocol::document::{CurveField, Map};
use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::id::{DocId, WorkspaceId};
use dataforge_protocol::op::{Genesis, Op, Role, is_name};
use dataforge_protocol::ticket::fingerprint;

use crate::api::{ApiError, ErrorKind, InitReply, Reply, WorkspaceInfo};
use crate::clock::{now_ms, random_bytes};
use crate::core::{Core, Writer};
use crate::identity::Identity;
use crate::index::{Found, Index};
use crate::ingest::dictionary;
use crate::node::Node;

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
    let env = |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|text| is_name(text)));
    let person = person.or_else(|| env(&["USER", "USERNAME", "LOGNAME"])).unwrap_or_else(|| "me".into());
    let host = || {
        std::fs::read_to_string("/etc/hostname").ok().map(|name| name.trim().to_owned()).filter(|name| is_name(name))
    };
    let device =
        device.or_else(|| env(&["HOSTNAME", "COMPUTERNAME"])).or_else(host).unwrap_or_else(|| "this device".into());
    let (identity, phrase) = Identity::create(dir, &person, &device)?;
    core.identity = Some(identity.clone());
    Ok((identity, Some(phrase.words())))
}

pub(super) fn info(core: &mut Core, id: WorkspaceId) -> Result<WorkspaceInfo, ApiError> {
    let role = core.role(&id)?.map_or("none", Role::as_str).to_owned();
    let name = core.ledger(&id)?.genesis().name.clone();
    let members = core.ledger(&id)?.members().members.len() as u64;
    let (wells, runs) = Index::new(core.store.connection(), id).counts()?;
    let (entries, _) = core.store.count_entries(&id)?;
    Ok(WorkspaceInfo { id: id.to_string(), name, role, wells, runs, members, entries })
}

pub(super) async fn init(
    node: &Node,
    name: String,
    person: Option<String>,
    device: Option<String>,
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
            let workspace = start(core, &identity, name)?;
            let person = &identity.public.person;
            Ok(InitReply {
                workspace: info(core, workspace)?,
                person_id: person.id.to_string(),
                person: person.name.clone(),
                fingerprint: fingerprint(&person.id),
                device_id: identity.device().to_string(),
                recovery_words,
            })
        })
        .await?;
    Ok(Reply::Init(reply))
}

fn start(core: &mut Core, identity: &Identity, name: String) -> Result<WorkspaceId, ApiError> {
    let body = Op::Genesis(Genesis {
        nonce: random_bytes()?,
        name,
        owners: vec![identity.public.person.clone()],
        recovery: identity.public.recovery,
        discovery_secret: random_bytes()?,
    })
    .to_bytes();
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

fn usage(message: String, hint: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

pub(super) async fn set(
    node: &Node,
    workspace: WorkspaceId,
    target: String,
    field: String,
    value: String,
) -> Result<Reply, ApiError> {
    let message = format!("{field} of {target} is now {value:?}");
    let progress = node
        .with_core(move |core| {
            let found = Index::new(core.store.connection(), workspace).find(&target, false)?;
            let (_, progress) = core.write(&workspace, &[], |writer| match found {
                Found::Well(doc) => {
                    set_text(writer, doc, &field, &value, &["name", "uwi", "field", "company", "country"])
                }
                Found::Run(doc) if field == "well" => move_run(writer, doc, workspace, &value),
                Found::Run(doc) => set_text(writer, doc, &field, &value, &["name"]),
                Found::Curve(doc, ordinal) => set_curve(writer, doc, ordinal, &field, &value),
            })?;
            Ok(progress)
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}

/// An empty value takes the field away.
fn set_text(writer: &mut Writer<'_>, doc: DocId, field: &str, value: &str, fields: &[&str]) -> Result<(), ApiError> {
    if !fields.contains(&field) {
        return Err(usage(format!("there is no field {field:?} here"), &format!("fields are: {}", fields.join(", "))));
    }
    if value.chars().count() > 4096 {
        return Err(usage("the value is too long".into(), "use at most 4096 characters"));
    }
    let value = (!value.is_empty()).then_some(value);
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_text(Map::Root, field, value))?.into_iter().collect())
    })?;
    Ok(())
}

fn move_run(writer: &mut Writer<'_>, run: DocId, workspace: WorkspaceId, target: &str) -> Result<(), ApiError> {
    let well = Index::new(writer.store().connection(), workspace).find_well(target)?;
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    let id = well.to_string();
    writer.edit(run, &deps, Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_text(Map::Root, "well", Some(&id)))?.into_iter().collect())
    })?;
    Ok(())
}

fn set_curve(writer: &mut Writer<'_>, run: DocId, ordinal: u32, field: &str, value: &str) -> Result<(), ApiError> {
    let field = match field {
        "name" => CurveField::Name,
        "unit" => CurveField::Unit,
        "property" if !value.is_empty() && dictionary::property(value).is_none() => {
            return Err(usage(
                format!("there is no property {value:?}"),
                "dataforge curves shows properties, e.g. gamma_ray",
            ));
        }
        "property" => CurveField::Property,
        other => {
            return Err(usage(
                format!("there is no field {other:?} here"),
                "fields of a curve are: name, unit, property",
            ));
        }
    };
    let value = (!value.is_empty()).then_some(value);
    writer.edit(run, &[], Vec::new(), |document, actor| {
        Ok(document.edit(actor, |edit| edit.set_curve(ordinal, field, value))?.into_iter().collect())
    })?;
    Ok(())
}

pub(super) async fn set_deleted(
    node: &Node,
    workspace: WorkspaceId,
    target: String,
    deleted: bool,
) -> Result<Reply, ApiError> {
    let message =
        format!("{target} is {}", if deleted { "deleted; dataforge restore brings it back" } else { "restored" });
    let progress = node
        .with_core(move |core| {
            if core.role(&workspace)?.is_none_or(|role| role < Role::Admin) {
                return Err(ApiError::new(ErrorKind::NotAllowed, "deleting and restoring needs the role of an admin")
                    .hint("ask an admin or owner to do it"));
            }
            let doc = match Index::new(core.store.connection(), workspace).find(&target, true)? {
                Found::Well(doc) | Found::Run(doc) => doc,
                Found::Curve(..) => {
                    return Err(usage("curves cannot be deleted".into(), "delete the run, or rename the curve"));
                }
            };
            let (_, progress) = core.write(&workspace, &[], |writer| {
                writer.edit(doc, &[], Vec::new(), |document, actor| {
                    let edited = document.edit(actor, |edit| edit.set_bool(Map::Root, "deleted", deleted))?;
                    Ok(edited.into_iter().collect())
                })
            })?;
            Ok(progress)
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}
