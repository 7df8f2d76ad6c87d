//! What documents with a title have in common: being called something, described and deleted.

use dataforge_protocol::document::LongText;
use dataforge_protocol::document::chart::{MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::editing::edit;
use crate::api::{ApiError, ErrorKind, Reply};
use crate::core::Writer;
use crate::index::Index;
use crate::node::Node;

/// Bytes of things that go into one change: far below what the gate lets through.
const CHANGE_BYTES: usize = 96 * 1024;

/// Checks a title or a description.
///
/// # Errors
/// `Usage` when it is too long, or a title is empty or has several lines.
pub(super) fn check(text: LongText, value: &str) -> Result<(), ApiError> {
    let most = match text {
        LongText::Title => MAX_TITLE_CHARS,
        LongText::Description => MAX_DESCRIPTION_CHARS,
    };
    let word = text.as_str();
    if value.chars().count() > most {
        return Err(ApiError::new(ErrorKind::Usage, format!("the {word} is too long"))
            .hint(format!("use at most {most} characters")));
    }
    if text == LongText::Title && (value.trim().is_empty() || value.chars().any(char::is_control)) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{value:?} is no title")).hint("use one line of text"));
    }
    Ok(())
}

/// Writes the title and the description of a new document.
///
/// # Errors
/// Those of [`check`] and of [`Writer`].
pub(super) fn begin(writer: &mut Writer<'_>, doc: DocId, title: &str, description: &str) -> Result<(), ApiError> {
    check(LongText::Title, title)?;
    check(LongText::Description, description)?;
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        let edited = document.edit(actor, |edit| {
            edit.set_long_text(LongText::Title, title)?;
            edit.set_long_text(LongText::Description, description)
        })?;
        Ok(edited.into_iter().collect())
    })?;
    Ok(())
}

/// Divides things over as many changes as hold them; each takes so many bytes.
pub(super) fn divide<T>(things: &[T], bytes: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let (mut rest, mut parts) = (things, Vec::new());
    while !rest.is_empty() {
        let mut size = 0;
        let fitting = rest.iter().take_while(|thing| {
            size += bytes(thing);
            size <= CHANGE_BYTES
        });
        // One that is larger than that goes by itself.
        let (now, later) = rest.split_at(fitting.count().max(1));
        parts.push(now);
        rest = later;
    }
    parts
}

/// Finds a document of a kind.
///
/// # Errors
/// `NotFound`, `Usage` when several are called so.
pub(super) async fn find(
    node: &Node,
    workspace: WorkspaceId,
    kind: DocKind,
    target: String,
) -> Result<DocId, ApiError> {
    node.with_core(move |core| Index::new(core.store.connection(), workspace).find_described(kind, &target, false))
        .await
}

/// Makes the title or the description of a document read as given.
///
/// # Errors
/// Those of [`check`] and of [`Writer`].
pub(super) async fn set(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    text: LongText,
    value: String,
) -> Result<Reply, ApiError> {
    check(text, &value)?;
    let message = match text {
        LongText::Title => format!("{} is now called {value:?}", doc.fmt_short()),
        LongText::Description => format!("the description of {} is set", doc.fmt_short()),
    };
    edit(node, workspace, message, move |writer| {
        writer.edit(doc, &[], Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.set_long_text(text, &value))?.into_iter().collect())
        })?;
        Ok(())
    })
    .await
}

/// Returns random bytes for a new document.
///
/// # Errors
/// `Internal` when the system has none.
pub(super) fn nonce() -> Result<[u8; 16], ApiError> {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&crate::clock::random_bytes()?[..16]);
    Ok(nonce)
}

/// Returns the id of a new item.
///
/// # Errors
/// `Internal` when the system has no random bytes.
pub(super) fn new_item() -> Result<String, ApiError> {
    let mut random = [0; 8];
    random.copy_from_slice(&crate::clock::random_bytes()?[..8]);
    Ok(dataforge_protocol::document::item_id(random))
}

/// Returns the symbol of a unit of length and its metres.
///
/// # Errors
/// `Usage` for a unit of another kind; `what` says where it stands.
pub(super) fn length(what: &str, unit: &str) -> Result<(&'static str, f64), ApiError> {
    let found = crate::ingest::units::resolve(unit, Some("length"));
    found.and_then(|unit| Some((unit.symbol, unit.factor?))).ok_or_else(|| {
        ApiError::new(ErrorKind::Usage, format!("{what}: {unit:?} is no unit of length")).hint("use m or ft")
    })
}

/// Returns the code of what depths are counted from, as it is written.
///
/// # Errors
/// `Usage` when it is no single word.
pub(super) fn datum(what: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if let Some(level) = crate::ingest::well::Level::read(text) {
        return Ok(level.code().to_owned());
    }
    if text.chars().count() > 16 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{what}: {text:?} is no datum"))
            .hint("use a code such as KB, RT, DF, GL or MSL"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_change_does_not_hold_is_divided() {
        assert!(divide(&[] as &[usize], |bytes| *bytes).is_empty());
        let sizes = [CHANGE_BYTES / 2, CHANGE_BYTES / 2, 1, CHANGE_BYTES + 1, 7];
        let parts = divide(&sizes, |bytes| *bytes);
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 1, 1, 1]);
        assert_eq!(parts.concat(), sizes);
    }
}
