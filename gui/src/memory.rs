//! What the window keeps until it opens again: layout and open views, theme and scale, stars, what was
//! selected last.
//!
//! It lies as `desktop.json` in the data directory and is read and written by the bridge's thread. It
//! holds nothing that cannot be lost: a file that cannot be read is set aside, and the window opens
//! as the first time.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::state::Filter;
use crate::theme::Choice;
use crate::tiles::Layout;
use crate::view::Place;

/// Name of the file in a data directory.
pub const FILE: &str = "desktop.json";

/// Bytes that are read at most; a layout of a hundred views takes some ten thousand.
const MAX_BYTES: u64 = 4 << 20;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Dark, light or as the system.
    pub theme: Choice,
    /// Scale of everything; none as the system says.
    pub scale: Option<f32>,
    /// Id of the workspace that was selected.
    pub workspace: Option<String>,
    /// Id of the well that was selected.
    pub well: Option<String>,
    /// Which wells were shown.
    pub filter: Filter,
    /// Curves (`RUN:NUMBER`) and charts with a star.
    pub stars: BTreeSet<String>,
    /// Whether the lists at the left were hidden.
    pub lists_hidden: bool,
    /// Whether the inspector was hidden.
    pub inspector_hidden: bool,
    /// What was opened lately, the latest first.
    #[serde(deserialize_with = "known")]
    pub recent: Vec<Recent>,
    /// The views and how they lay.
    #[serde(deserialize_with = "maybe")]
    pub layout: Option<Layout>,
}

/// Something that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// What it was called.
    pub title: String,
    /// The workspace that was selected, by id.
    pub workspace: Option<String>,
    /// The well that was selected, by id.
    pub well: Option<String>,
    /// The view.
    pub place: Place,
}

/// Takes what this version knows, and drops the rest.
fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Recent>, D::Error> {
    let all = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(all.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
}

/// Takes a layout that this version can read.
fn maybe<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Layout>, D::Error> {
    let layout = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(layout.and_then(|layout| serde_json::from_value(layout).ok()))
}

/// What reading a file came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// What was kept; what is new when there was nothing or nothing that can be read.
    pub memory: Memory,
    /// What the user should know about it.
    pub notice: Option<String>,
}

/// Reads a file. One that is damaged is set aside beside where it was.
#[must_use]
pub fn read(path: &Path) -> Read {
    let text = match read_text(path) {
        Ok(Some(text)) => text,
        Ok(None) => return Read::default(),
        Err(error) => return Read { notice: Some(unread(path, &error.to_string())), ..Read::default() },
    };
    match serde_json::from_str(&text) {
        Ok(memory) => Read { memory, notice: None },
        Err(error) => Read { notice: Some(set_aside(path, &error.to_string())), ..Read::default() },
    }
}

fn read_text(path: &Path) -> io::Result<Option<String>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(about) if about.len() > MAX_BYTES => return Ok(Some(String::new())),
        Ok(_) => {}
    }
    let bytes = std::fs::read(path)?;
    // What is no text is no JSON either, and set aside as such.
    Ok(Some(String::from_utf8(bytes).unwrap_or_default()))
}

fn unread(path: &Path, why: &str) -> String {
    format!("how the window was left cannot be read: {why} ({})", path.display())
}

fn set_aside(path: &Path, why: &str) -> String {
    let aside = path.with_extension("json.damaged");
    let kept = match std::fs::rename(path, &aside) {
        Ok(()) => format!("the file is set aside as {}", aside.display()),
        Err(error) => format!("the file stays where it is: {error}"),
    };
    format!("how the window was left is damaged: {why}; {kept}")
}

/// Writes a file: whole or not at all.
///
/// # Errors
/// When the disk does not take it.
pub fn write(path: &Path, memory: &Memory) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(memory)?;
    let new: PathBuf = path.with_extension("json.new");
    std::fs::write(&new, text)?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::{FILE, Memory, Recent, read, write};
    use crate::theme::Choice;
    use crate::view::Place;

    #[test]
    fn what_is_kept_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        assert_eq!(read(&path).memory, Memory::default());
        let recent = Recent { title: "North 1".to_owned(), workspace: None, well: None, place: Place::Well };
        let memory = Memory { theme: Choice::Light, scale: Some(1.5), recent: vec![recent], ..Memory::default() };
        write(&path, &memory).unwrap();
        let again = read(&path);
        assert_eq!((again.memory, again.notice), (memory, None));
    }

    #[test]
    fn a_damaged_file_is_set_aside_with_a_word() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::fs::write(&path, b"{\"theme\": \xff").unwrap();
        let read = read(&path);
        assert_eq!(read.memory, Memory::default());
        assert!(read.notice.unwrap().contains("set aside"), "the user is told");
        assert!(!path.exists() && dir.path().join("desktop.json.damaged").exists());
    }

    #[test]
    fn what_another_version_opened_is_dropped_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let text = r#"{"theme": "dark", "later": 1, "recent": [
            {"title": "A", "workspace": null, "well": null, "place": {"view": "hologram"}},
            {"title": "B", "workspace": null, "well": null, "place": {"view": "well"}}]}"#;
        std::fs::write(&path, text).unwrap();
        let memory = read(&path).memory;
        assert_eq!(memory.theme, Choice::Dark);
        assert_eq!(memory.recent.iter().map(|it| it.title.as_str()).collect::<Vec<_>>(), ["B"]);
    }
}
