//! Deciding: one change that knows all sides of a conflict and writes what was picked.

use dataforge_protocol::document::{Contest, DELETED, Document, EngineError, Field, Map, Removal};
use dataforge_protocol::id::EntryId;
use dataforge_protocol::op::Role;

use super::choose::Pick;
use super::{About, Conflict};
use crate::api::{ApiError, ErrorKind};
use crate::core::Writer;

/// Longest value that is written by hand, in characters.
pub(super) const MAX_VALUE_CHARS: usize = 4096;

/// What is written: fields of a map with their values.
type Writes = (Map, Vec<(String, Option<Field>)>);

/// Decides a conflict; `role` is that of this person.
///
/// # Errors
/// `NotFound` when it is decided already, `NotAllowed` when the role or the rules do not allow it.
pub(crate) fn resolve(
    writer: &mut Writer<'_>,
    conflict: &Conflict,
    pick: &Pick,
    role: Option<Role>,
) -> Result<(), ApiError> {
    if conflict.about.is_of_document() && role.is_none_or(|role| role < Role::Admin) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "deleting and restoring needs the role of an admin")
            .hint("ask an admin or owner to decide it"));
    }
    if let Pick::Text(text) = pick
        && text.chars().count() > MAX_VALUE_CHARS
    {
        return Err(ApiError::new(ErrorKind::Usage, "the value is too long").hint("use at most 4096 characters"));
    }
    let known = known(writer, conflict)?.ok_or_else(decided)?;
    let mut is_open = false;
    writer.edit(conflict.doc, &known, Vec::new(), |document, actor| {
        let Some((map, writes)) = writes(document, conflict, pick)? else { return Ok(Vec::new()) };
        is_open = true;
        let edited = document
            .edit(actor, |edit| writes.iter().try_for_each(|(key, value)| edit.resolve(map, key, value.as_ref())))?;
        Ok(edited.into_iter().collect())
    })?;
    if is_open { Ok(()) } else { Err(decided()) }
}

fn decided() -> ApiError {
    ApiError::new(ErrorKind::NotFound, "this conflict is decided already, or its sides changed")
        .hint("dataforge conflicts lists those that wait")
}

/// Returns what a decision names of things under a well; `None` when it is late.
fn known(writer: &Writer<'_>, conflict: &Conflict) -> Result<Option<Vec<EntryId>>, ApiError> {
    match conflict.about {
        About::Field | About::Item => Ok(Some(Vec::new())),
        // That somebody's edits go says nothing about what others filed there.
        About::Deletion => Ok(Some(writer.filed_question(&conflict.doc)?.known)),
        About::Filed if writer.filed_question(&conflict.doc)?.id.as_ref() != Some(&conflict.id) => Ok(None),
        About::Filed => writer.known_with(&conflict.doc).map(Some),
    }
}

/// Returns what is to be written; nothing when the conflict is no more.
fn writes(document: &Document, conflict: &Conflict, pick: &Pick) -> Result<Option<Writes>, EngineError> {
    if conflict.about == About::Filed {
        let flag = Field::Bool(*pick != Pick::Keep);
        return Ok(document.is_deleted().then(|| (Map::Root, vec![(DELETED.to_owned(), Some(flag))])));
    }
    let contests = document.contests()?;
    if conflict.about == About::Field {
        let found = contests.fields.iter().find(|contest| contest.id(&conflict.doc) == conflict.id);
        return Ok(found.and_then(|contest| field(contest, pick)));
    }
    let found = contests.removals.iter().find(|removal| removal.id(&conflict.doc) == conflict.id);
    Ok(found.map(|removal| removed(document, removal, *pick == Pick::Keep)))
}

fn field(contest: &Contest, pick: &Pick) -> Option<Writes> {
    let value = match pick {
        Pick::Side(position) => contest.candidates.get(*position)?.value.clone(),
        Pick::Text(text) => (!text.is_empty()).then(|| Field::Text(text.clone())),
        Pick::Keep | Pick::Delete => return None,
    };
    Some((contest.map, vec![(contest.key.clone(), value)]))
}

fn removed(document: &Document, removal: &Removal, stays: bool) -> Writes {
    let Some(item) = &removal.item else {
        return (Map::Root, vec![(DELETED.to_owned(), Some(Field::Bool(!stays)))]);
    };
    if stays {
        let kept = removal.kept.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        return (Map::Items, kept.collect());
    }
    let is_of = |key: &str| key.rsplit_once('/').is_some_and(|(of, _)| of == item);
    let left = document.entries(Map::Items).filter(|(key, _)| is_of(key));
    (Map::Items, left.map(|(key, _)| (key.into_owned(), None)).collect())
}
