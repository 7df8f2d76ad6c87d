//! Which data are held here, which elsewhere, and what comes and goes.

mod cache;
mod place;
mod queue;

use std::time::{Duration, Instant};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::WorkspaceId;

use crate::api::{ApiError, DataRequest, ErrorKind, FetchedReply, MarkInfo, PolicyReply, Reply};
use crate::clock::now_ms;
use crate::core::Core;
use crate::index::{Found, Index};
use crate::keep::{Mark, Policy};
use crate::node::Node;
use crate::read;
use crate::store::{NamedBlob, Scope};

/// What stands for the whole workspace.
const ALL: &str = ".";
/// Hex digits from which on a target may be a blob's hash.
const HASH_DIGITS: usize = 8;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: DataRequest) -> Result<Reply, ApiError> {
    match ask {
        DataRequest::Where { target } => place::find(node, workspace, target).await,
        DataRequest::OnlyHere { limit } => place::only_here(node, workspace, limit).await,
        DataRequest::Fetch { target, timeout_secs } => fetch(node, workspace, target, timeout_secs).await,
        DataRequest::Free { target, bytes, go, drive } => {
            cache::free(node, workspace, cache::What { target, bytes, drive }, go).await
        }
        DataRequest::Pin { target, on } => mark(node, workspace, target, Mark::Pin, on).await,
        DataRequest::Star { target, on } => mark(node, workspace, target, Mark::Star, on).await,
        DataRequest::Marks => marks(node, workspace).await,
        DataRequest::Policy { set } => policy(node, workspace, set).await,
        DataRequest::Cache => cache::stats(node).await,
        DataRequest::Clear { project, go } => cache::clear(node, workspace, project, go).await,
        DataRequest::Transfers { limit } => queue::list(node, workspace, limit).await,
        DataRequest::Pause { target, on } => queue::pause(node, workspace, target, on).await,
        DataRequest::Showing { targets } => showing(node, workspace, targets).await,
    }
}

/// Something that has data: what it is, and what it is called.
#[derive(Debug, Clone)]
struct Target {
    scope: Scope,
    name: String,
}

/// Finds what a target names.
fn target(core: &Core, workspace: &WorkspaceId, text: &str) -> Result<Target, ApiError> {
    if text == ALL {
        return Ok(Target { scope: Scope::Workspace, name: "the workspace".into() });
    }
    let index = Index::new(core.store.connection(), *workspace);
    let missing = match index.find(text, true) {
        Ok(Found::Well(doc)) => return Ok(Target { scope: Scope::Well(doc), name: text.to_owned() }),
        Ok(Found::Run(doc) | Found::Curve(doc, _)) => {
            return Ok(Target { scope: Scope::Run(doc), name: text.to_owned() });
        }
        Ok(Found::Attachment(doc)) => return Ok(Target { scope: Scope::Attachment(doc), name: text.to_owned() }),
        Ok(Found::Project(doc)) => return Ok(Target { scope: Scope::Project(doc), name: text.to_owned() }),
        Ok(Found::Described(kind, _)) => {
            return Err(ApiError::new(
                ErrorKind::Usage,
                format!("{text:?} is a {}: it has no data of its own", kind.as_str()),
            )
            .hint("name a well, a run, a project or an attachment"));
        }
        Err(error) => error,
    };
    let is_hash = text.len() >= HASH_DIGITS && text.chars().all(|digit| digit.is_ascii_hexdigit());
    if missing.kind == ErrorKind::NotFound && is_hash {
        let found = core.store.blobs_beginning(workspace, text)?;
        return match found.as_slice() {
            [hash] => Ok(Target { scope: Scope::Blob(*hash), name: hash.to_string() }),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("nothing here is called or hashed {text}"))
                .hint("dataforge wells and dataforge runs list what there is")),
            _ => Err(ApiError::new(ErrorKind::Usage, format!("several blobs begin with {text}"))),
        };
    }
    Err(missing)
}

/// The blobs of a target.
fn blobs(core: &Core, workspace: &WorkspaceId, target: &Target) -> Result<Vec<NamedBlob>, ApiError> {
    let mut named = core.store.blobs_of(workspace, &target.scope)?;
    if named.is_empty()
        && let Scope::Blob(hash) = target.scope
    {
        // Entries refer to it and nothing is made of it any more.
        for (of, size) in core.store.referred(&hash)? {
            if of == *workspace {
                let blob = BlobRef { hash, size };
                named.push(NamedBlob { blob, form: "blob".into(), name: String::new(), well: None });
            }
        }
    }
    Ok(named)
}

/// Returns the blobs of what a text names.
///
/// # Errors
/// `NotFound` when nothing is called so, `Usage` when several things are.
pub(crate) fn blobs_named(core: &Core, workspace: &WorkspaceId, text: &str) -> Result<Vec<NamedBlob>, ApiError> {
    blobs(core, workspace, &target(core, workspace, text)?)
}

async fn fetch(node: &Node, workspace: WorkspaceId, text: String, timeout_secs: u64) -> Result<Reply, ApiError> {
    let wanted = node
        .with_core(move |core| {
            let target = target(core, &workspace, &text)?;
            let mut wanted = Vec::new();
            for named in blobs(core, &workspace, &target)? {
                if !core.store.holds(&workspace, &named.blob.hash)? {
                    wanted.push(named.blob);
                }
            }
            Ok(wanted)
        })
        .await?;
    let hashes: Vec<_> = wanted.iter().map(|blob| blob.hash).collect();
    read::ask_for(node, &workspace, &hashes).await?;
    let mut reply = FetchedReply { blobs: 0, bytes: 0, missing: Vec::new() };
    let deadline = Instant::now() + Duration::from_secs(timeout_secs);
    for blob in wanted {
        let left = deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, read::hold(node, &workspace, &blob.hash)).await {
            Ok(Ok(())) => {
                reply.blobs += 1;
                reply.bytes += blob.size;
            }
            Ok(Err(error)) => {
                let why = error.causes.first().cloned().unwrap_or(error.message);
                reply.missing.push((blob.hash.to_string(), why));
            }
            Err(_elapsed) => {
                let why = format!("not here after {timeout_secs} s; it stays asked for");
                reply.missing.push((blob.hash.to_string(), why));
            }
        }
    }
    crate::admission::admit_or_tell(node).await;
    Ok(Reply::Fetched(reply))
}

async fn mark(node: &Node, workspace: WorkspaceId, text: String, mark: Mark, on: bool) -> Result<Reply, ApiError> {
    let limit = node.config().cache.limit_bytes;
    let message = node
        .with_core(move |core| {
            let target = target(core, &workspace, &text)?;
            let doc = target.scope.doc(&workspace).ok_or_else(|| {
                ApiError::new(ErrorKind::Usage, "a single blob cannot be marked; mark the run or file it is of")
            })?;
            let changed = core.store.mark(&workspace, &doc, mark, on, now_ms())?;
            let name = &target.name;
            let mut message = match (mark, on, changed) {
                (Mark::Pin, true, true) => format!("{name} is kept here from now on"),
                (Mark::Pin, false, true) => format!("{name} may go when room is needed"),
                (Mark::Star, true, true) => format!("{name} is a favourite"),
                (Mark::Star, false, true) => format!("{name} is no favourite any more"),
                _ => format!("nothing to do: {name} was so already"),
            };
            let pinned = pinned_bytes(core, &workspace)?;
            if mark == Mark::Pin && on && pinned > limit {
                message.push_str(&format!(
                    "; what is pinned takes {pinned} bytes, more than cache.limit_bytes, so nothing else is kept"
                ));
            }
            Ok(message)
        })
        .await?;
    node.look_for_blobs();
    Ok(Reply::Done { message })
}

/// Bytes of everything that is pinned in a workspace.
fn pinned_bytes(core: &Core, workspace: &WorkspaceId) -> Result<u64, ApiError> {
    let mut bytes = 0;
    for (hash, mark) in core.store.marked_blobs(workspace)? {
        if mark == Mark::Pin {
            bytes += core.store.referred(&hash)?.iter().find(|(of, _)| of == workspace).map_or(0, |(_, size)| *size);
        }
    }
    Ok(bytes)
}

async fn marks(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let marks = node
        .with_core(move |core| {
            let mut marks = Vec::new();
            for (doc, mark) in core.store.marks(&workspace)? {
                let id = doc.to_string();
                let (target, bytes) = if doc.0 == workspace.0 {
                    let all = core.store.blobs_of(&workspace, &Scope::Workspace)?;
                    ("the workspace".to_owned(), sum(&all))
                } else {
                    match target(core, &workspace, &id) {
                        Ok(found) => (name_of(core, &workspace, &found), sum(&blobs(core, &workspace, &found)?)),
                        Err(_gone) => ("something that is not here any more".to_owned(), 0),
                    }
                };
                marks.push(MarkInfo { mark: mark.as_str().into(), target, id, bytes });
            }
            marks.sort_by(|a, b| (&a.target, &a.mark).cmp(&(&b.target, &b.mark)));
            Ok(marks)
        })
        .await?;
    Ok(Reply::Marks { marks })
}

fn sum(named: &[NamedBlob]) -> u64 {
    named.iter().map(|one| one.blob.size).sum()
}

fn name_of(core: &Core, workspace: &WorkspaceId, found: &Target) -> String {
    let index = Index::new(core.store.connection(), *workspace);
    let name = match found.scope {
        Scope::Well(doc) => index.well(&doc).map(|well| format!("well {}", well.name)).ok(),
        Scope::Run(doc) => index.run(&doc).map(|run| format!("run {}", run.name)).ok(),
        Scope::Project(doc) => index.project(&doc).map(|project| format!("project {}", project.name)).ok(),
        _ => None,
    };
    name.unwrap_or_else(|| found.name.clone())
}

async fn policy(node: &Node, workspace: WorkspaceId, set: Option<String>) -> Result<Reply, ApiError> {
    let default = node.config().cache.policy;
    let is_set = set.is_some();
    let reply = node
        .with_core(move |core| {
            match set.as_deref() {
                None => {}
                Some("default") => core.store.set_policy(&workspace, None)?,
                Some(word) => {
                    let policy = Policy::from_word(word).ok_or_else(|| {
                        ApiError::new(ErrorKind::Usage, format!("{word:?} is no policy"))
                            .hint(format!("there are: {}, and default", Policy::WORDS.join(", ")))
                    })?;
                    core.store.set_policy(&workspace, Some(policy))?;
                }
            }
            let own = core.store.policy(&workspace)?;
            Ok(PolicyReply { policy: own.unwrap_or(default).as_str().into(), own: own.is_some() })
        })
        .await?;
    if is_set {
        node.look_for_blobs();
    }
    Ok(Reply::Policy(reply))
}

/// Puts what is on screen first, and what is around it before the rest.
async fn showing(node: &Node, workspace: WorkspaceId, targets: Vec<String>) -> Result<Reply, ApiError> {
    let (shown, around) = node
        .with_core(move |core| {
            let (mut shown, mut wells) = (Vec::new(), std::collections::BTreeSet::new());
            for text in &targets {
                let target = target(core, &workspace, text)?;
                for named in blobs(core, &workspace, &target)? {
                    wells.extend(named.well);
                    if named.form != "source" {
                        shown.push(named.blob.hash);
                    }
                }
            }
            let mut around = Vec::new();
            for well in wells {
                let all = core.store.blobs_of(&workspace, &Scope::Well(well))?;
                around.extend(
                    all.into_iter()
                        .filter(|one| matches!(one.form.as_str(), "table" | "pyramid"))
                        .map(|one| one.blob.hash),
                );
            }
            Ok((shown, around))
        })
        .await?;
    let count = shown.len();
    node.transfers().show(workspace, shown.into_iter().collect(), around.into_iter().collect());
    Ok(Reply::Done { message: format!("{count} blobs are on screen") })
}
