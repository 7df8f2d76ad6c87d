//! Projects: what they say about themselves, and what is filed under them.
//!
//! A project organises, limits and is followed. It does not hide anything: the workspace is the
//! boundary of who may see what.

mod fields;
mod info;

use dataforge_protocol::document::{Map, ProjectState};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{DocId, WorkspaceId};

use crate::api::{ApiError, ErrorKind, ProjectRequest, Reply};
use crate::clock::random_bytes;
use crate::core::{Core, Writer};
use crate::index::Index;
use crate::node::Node;

/// Longest description in characters.
const MAX_DESCRIPTION_CHARS: usize = 4096;
/// Tags of one project, when one is added.
const MAX_TAGS: usize = 64;
/// Wells that are filed with one request.
const MAX_WELLS: usize = 100_000;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: ProjectRequest) -> Result<Reply, ApiError> {
    match ask {
        ProjectRequest::List { archived, tag } => info::list(node, workspace, archived, tag).await,
        ProjectRequest::Show { project } => info::show(node, workspace, project).await,
        ProjectRequest::Create { name, description } => create(node, workspace, name, description).await,
        ProjectRequest::Set { project, field, value } => fields::set(node, workspace, project, field, value).await,
        ProjectRequest::Tag { project, tags, on } => fields::tag(node, workspace, project, tags, on).await,
        ProjectRequest::Archive { project, on } => fields::archive(node, workspace, project, on).await,
        ProjectRequest::File { project, wells } => file_wells(node, workspace, project, wells).await,
        ProjectRequest::Delete { project } => {
            let id = node.with_core(move |core| find(core, workspace, &project)).await?;
            super::editing::delete(node, workspace, id).await?;
            let short = id.fmt_short();
            Ok(Reply::Done {
                message: format!("the project is deleted, its wells are not; dataforge restore {short} brings it back"),
            })
        }
    }
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

fn find(core: &Core, workspace: WorkspaceId, project: &str) -> Result<DocId, ApiError> {
    Index::new(core.store.connection(), workspace).find_project(project)
}

/// Refuses what cannot be the name or the description of a project.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), ApiError> {
    if field == "name" { fields::check_name(text) } else { check_description(text) }
}

fn check_description(text: &str) -> Result<(), ApiError> {
    if text.chars().count() > MAX_DESCRIPTION_CHARS {
        return Err(usage("the description is too long", format!("use at most {MAX_DESCRIPTION_CHARS} characters")));
    }
    Ok(())
}

async fn create(
    node: &Node,
    workspace: WorkspaceId,
    name: String,
    description: Option<String>,
) -> Result<Reply, ApiError> {
    fields::check_name(&name)?;
    check_description(description.as_deref().unwrap_or_default())?;
    let (id, progress) = node
        .with_core(move |core| {
            let owner = Some(core.public()?.person.id);
            let mut nonce = [0; 16];
            nonce.copy_from_slice(random_bytes()?.split_at(16).0);
            core.write(&workspace, &[], |writer| {
                let (doc, _) = writer.open(&Facts::Project { nonce }, Vec::new())?;
                let state = ProjectState { name: Some(name), description, owner, ..ProjectState::default() };
                writer.edit(doc, &[], Vec::new(), |document, actor| {
                    Ok(document.edit(actor, |edit| state.write(edit))?.into_iter().collect())
                })?;
                Ok(doc)
            })
        })
        .await?;
    node.on_progress(workspace, &progress);
    info::show(node, workspace, id.to_string()).await
}

/// Files a well or an attachment under a project, or under none. An attachment belongs to its project
/// instead of a well.
///
/// # Errors
/// Those of [`Writer::edit`].
pub(super) fn file(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    doc: DocId,
    project: Option<DocId>,
    is_attachment: bool,
) -> Result<(), ApiError> {
    if let Some(project) = project
        && Index::new(writer.store().connection(), workspace).project(&project)?.archived
    {
        return Err(ApiError::new(ErrorKind::NotAllowed, "the project is archived")
            .hint(format!("dataforge projects unarchive {} opens it again", project.fmt_short())));
    }
    let deps: Vec<_> = project.and_then(|project| writer.opening(&project)).into_iter().collect();
    let id = project.map(|project| project.to_string());
    writer.queue(doc, deps, move |edit| {
        edit.set_text(Map::Root, "project", id.as_deref())?;
        if is_attachment && id.is_some() { edit.set_text(Map::Root, "well", None) } else { Ok(()) }
    });
    Ok(())
}

async fn file_wells(
    node: &Node,
    workspace: WorkspaceId,
    project: Option<String>,
    wells: Vec<String>,
) -> Result<Reply, ApiError> {
    if wells.len() > MAX_WELLS {
        return Err(usage(format!("{} wells are too many at once", wells.len()), format!("use {MAX_WELLS} at most")));
    }
    let (message, progress) = node
        .with_core(move |core| {
            let index = Index::new(core.store.connection(), workspace);
            let project = project.map(|project| index.find_project(&project)).transpose()?;
            let name = project.map(|id| index.project(&id)).transpose()?.map(|row| row.name);
            let docs = wells.iter().map(|well| index.find_well(well)).collect::<Result<Vec<_>, _>>()?;
            let ((), progress) = core.write(&workspace, &[], |writer| {
                docs.iter().try_for_each(|well| file(writer, workspace, *well, project, false))
            })?;
            let what = match docs.len() {
                1 => "1 well is".to_owned(),
                count => format!("{count} wells are"),
            };
            Ok((
                match name {
                    Some(name) => format!("{what} filed under {name}"),
                    None => format!("{what} in no project"),
                },
                progress,
            ))
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}
