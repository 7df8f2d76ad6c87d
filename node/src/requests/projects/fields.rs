//! Setting what a project says about itself.

use dataforge_protocol::document::{
    ALLOWED_FILE_TYPES, MAX_SETTING_CHARS, MAX_TAG_CHARS, ProjectState, STORAGE_QUOTA, is_tag,
};
use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::op::is_name;

use super::{MAX_TAGS, check_description, find, usage};
use crate::api::{ApiError, Reply};
use crate::core::Core;
use crate::node::Node;
use crate::requests::people::find_member;

/// What begins the fields that are settings.
const SETTING: &str = "settings.";
/// Settings of one project, when one is added.
const MAX_SETTINGS: usize = 64;
/// Longest extension of a file type in characters.
const MAX_TYPE_CHARS: usize = 16;

/// Refuses what cannot be the name of a project.
pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    if is_name(name) {
        return Ok(());
    }
    Err(usage(format!("{name:?} cannot be used as a name"), "use 1 to 120 characters without control characters"))
}

/// Changes a project by what it says now. Only what differs is written, so what others change at the
/// same time stays.
async fn change(
    node: &Node,
    workspace: WorkspaceId,
    project: String,
    message: String,
    work: impl FnOnce(&mut Core, &mut ProjectState) -> Result<(), ApiError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let progress = node
        .with_core(move |core| {
            let doc = find(core, workspace, &project)?;
            let (ledger, store) = core.ledger_and_store(&workspace)?;
            let document = crate::index::materialise(store, ledger, &doc)?;
            let mut state = document.as_ref().map(ProjectState::read).unwrap_or_default();
            work(core, &mut state)?;
            let (_, progress) = core.write(&workspace, &[], |writer| {
                writer.edit(doc, &[], Vec::new(), |document, actor| {
                    Ok(document.edit(actor, |edit| state.write(edit))?.into_iter().collect())
                })
            })?;
            Ok(progress)
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Done { message })
}

pub(super) async fn set(
    node: &Node,
    workspace: WorkspaceId,
    project: String,
    field: String,
    value: String,
) -> Result<Reply, ApiError> {
    let message = if value.is_empty() {
        format!("{field} of {project} is taken away")
    } else {
        format!("{field} of {project} is now {value:?}")
    };
    change(node, workspace, project, message, move |core, state| {
        let set = (!value.is_empty()).then(|| value.clone());
        match field.as_str() {
            "name" => {
                check_name(&value)?;
                state.name = set;
            }
            "description" => {
                check_description(&value)?;
                state.description = set;
            }
            "owner" => state.owner = set.map(|member| find_member(core, &workspace, &member)).transpose()?,
            _ => {
                let name = field.strip_prefix(SETTING).ok_or_else(|| unknown(&field))?;
                set_setting(state, name, &value)?;
            }
        }
        Ok(())
    })
    .await
}

fn unknown(field: &str) -> ApiError {
    usage(
        format!("there is no field {field:?} here"),
        format!(
            "fields are: name, description, owner, {SETTING}{STORAGE_QUOTA}, {SETTING}{ALLOWED_FILE_TYPES}, and \
             {SETTING}NAME for any other"
        ),
    )
}

/// Sets a setting, or takes it away by an empty value.
fn set_setting(state: &mut ProjectState, name: &str, value: &str) -> Result<(), ApiError> {
    if !is_tag(name) {
        return Err(usage(
            format!("{name:?} cannot be the name of a setting"),
            format!("use up to {MAX_TAG_CHARS} characters without / and comma"),
        ));
    }
    if value.is_empty() {
        state.settings.remove(name);
        return Ok(());
    }
    if value.chars().count() > MAX_SETTING_CHARS {
        return Err(usage("the value is too long", format!("use at most {MAX_SETTING_CHARS} characters")));
    }
    if !state.settings.contains_key(name) && state.settings.len() >= MAX_SETTINGS {
        return Err(usage(format!("a project has {MAX_SETTINGS} settings at most"), "take one away first"));
    }
    let value = match name {
        STORAGE_QUOTA => match value.trim().parse::<u64>() {
            Ok(bytes) => bytes.to_string(),
            Err(_) => return Err(usage(format!("{value:?} is no number of bytes"), "write it as 5GB or in bytes")),
        },
        ALLOWED_FILE_TYPES => file_types(value)?,
        _ => value.to_owned(),
    };
    state.settings.insert(name.to_owned(), value);
    Ok(())
}

/// Reads extensions as people write them: `.LAS, csv`.
fn file_types(text: &str) -> Result<String, ApiError> {
    let words = text.split([',', ' ', ';']).map(|word| word.trim().trim_start_matches('.').to_lowercase());
    let words: std::collections::BTreeSet<_> = words.filter(|word| !word.is_empty()).collect();
    let is_type = |word: &String| {
        word.chars().count() <= MAX_TYPE_CHARS && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    if words.is_empty() || !words.iter().all(is_type) {
        return Err(usage(format!("{text:?} are no file types"), "write extensions: las,csv,xlsx"));
    }
    Ok(words.into_iter().collect::<Vec<_>>().join(","))
}

pub(super) async fn tag(
    node: &Node,
    workspace: WorkspaceId,
    project: String,
    tags: Vec<String>,
    on: bool,
) -> Result<Reply, ApiError> {
    if let Some(bad) = tags.iter().find(|tag| !is_tag(tag)) {
        return Err(usage(
            format!("{bad:?} cannot be a tag"),
            format!("use up to {MAX_TAG_CHARS} characters without / and comma"),
        ));
    }
    let list = tags.join(", ");
    let message = if on { format!("{project} is tagged {list}") } else { format!("{project} is not tagged {list}") };
    change(node, workspace, project, message, move |_core, state| {
        for tag in tags {
            if on {
                state.tags.insert(tag);
            } else {
                state.tags.remove(&tag);
            }
        }
        if on && state.tags.len() > MAX_TAGS {
            return Err(usage(format!("a project has {MAX_TAGS} tags at most"), "take some off first"));
        }
        Ok(())
    })
    .await
}

pub(super) async fn archive(node: &Node, workspace: WorkspaceId, project: String, on: bool) -> Result<Reply, ApiError> {
    let message = if on {
        format!("{project} is archived: it is kept, and nothing more goes into it")
    } else {
        format!("{project} is open again")
    };
    change(node, workspace, project, message, move |_core, state| {
        state.archived = on;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_and_others_taken_as_they_are() {
        let mut state = ProjectState::default();
        set_setting(&mut state, STORAGE_QUOTA, "5000").unwrap();
        set_setting(&mut state, ALLOWED_FILE_TYPES, ".LAS, csv;las").unwrap();
        set_setting(&mut state, "autoSave", "yes").unwrap();
        assert_eq!((state.storage_quota(), state.allowed_file_types()), (Some(5000), vec!["csv".into(), "las".into()]));
        for (name, bad) in [(STORAGE_QUOTA, "5 GB"), (STORAGE_QUOTA, "-1"), (ALLOWED_FILE_TYPES, "l/s"), ("a/b", "1")] {
            assert!(set_setting(&mut state, name, bad).is_err(), "{name} {bad}");
        }
        assert_eq!(state.settings.len(), 3, "what is refused changes nothing");
        set_setting(&mut state, STORAGE_QUOTA, "").unwrap();
        assert_eq!(state.storage_quota(), None);
    }
}
