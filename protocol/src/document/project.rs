//! The fields of a project.
//!
//! Tags are keys of their own in `attributes`, `tag/<tag>`, so that two people who tag at once lose
//! none; so are settings, `settings.<name>`. What is written there and not known here stays.

use std::collections::{BTreeMap, BTreeSet};

use super::{DELETED, Document, Edit, EngineError, Field, Map};
use crate::id::PersonId;

/// What begins the keys of tags.
const TAG: &str = "tag/";
/// What begins the keys of settings.
const SETTING: &str = "settings.";

/// Longest tag, and longest name of a setting, in characters.
pub const MAX_TAG_CHARS: usize = 64;
/// Longest value of a setting in characters.
pub const MAX_SETTING_CHARS: usize = 4096;

/// The setting that says how many bytes a project should have at most.
pub const STORAGE_QUOTA: &str = "storage_quota";
/// The setting that says which files are imported: extensions without the dot, divided by commas.
pub const ALLOWED_FILE_TYPES: &str = "allowed_file_types";

/// What a project says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectState {
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Who looks after it; that gives no rights.
    pub owner: Option<PersonId>,
    /// Whether it is done with: it is kept, and nothing more goes into it.
    pub archived: bool,
    /// Words it is found by.
    pub tags: BTreeSet<String>,
    /// Settings by name, those not known here too.
    pub settings: BTreeMap<String, String>,
    /// Whether it is deleted.
    pub deleted: bool,
}

/// Whether a text can be a tag or the name of a setting.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && c != '/' && c != ',';
    !text.trim().is_empty()
        && text.trim() == text
        && text.chars().count() <= MAX_TAG_CHARS
        && text.chars().all(is_plain)
}

impl ProjectState {
    /// Reads a project.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut state = Self {
            name: doc.get_str(Map::Root, "name"),
            description: doc.get_str(Map::Root, "description"),
            owner: doc.get_str(Map::Root, "owner").and_then(|id| id.parse().ok()),
            archived: doc.get_bool(Map::Root, "archived").unwrap_or(false),
            deleted: doc.is_deleted(),
            ..Self::default()
        };
        for (key, field) in doc.entries(Map::Attributes) {
            match (key_of(&key), field) {
                (Some(Key::Tag(tag)), Field::Bool(true)) => {
                    state.tags.insert(tag.to_owned());
                }
                (Some(Key::Setting(name)), Field::Text(value)) if value.chars().count() <= MAX_SETTING_CHARS => {
                    state.settings.insert(name.to_owned(), value);
                }
                _ => {}
            }
        }
        state
    }

    /// Returns how many bytes it should have at most, where it says so.
    #[must_use]
    pub fn storage_quota(&self) -> Option<u64> {
        self.settings.get(STORAGE_QUOTA)?.parse().ok()
    }

    /// Returns the extensions of the files that may be imported; none when all may.
    #[must_use]
    pub fn allowed_file_types(&self) -> Vec<String> {
        let types = self.settings.get(ALLOWED_FILE_TYPES).map(String::as_str).unwrap_or_default().split(',');
        types.map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()).collect()
    }

    /// Writes what differs from the document.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn write(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        edit.set_text(Map::Root, "name", self.name.as_deref())?;
        edit.set_text(Map::Root, "description", self.description.as_deref())?;
        edit.set_text(Map::Root, "owner", self.owner.map(|id| id.to_string()).as_deref())?;
        edit.set_flag("archived", self.archived)?;
        edit.set_flag(DELETED, self.deleted)?;
        for key in edit.keys(Map::Attributes) {
            let is_gone = match key_of(&key) {
                Some(Key::Tag(tag)) => !self.tags.contains(tag),
                Some(Key::Setting(name)) => !self.settings.contains_key(name),
                None => false,
            };
            if is_gone {
                edit.set_text(Map::Attributes, &key, None)?;
            }
        }
        for tag in &self.tags {
            edit.set_bool(Map::Attributes, &format!("{TAG}{tag}"), true)?;
        }
        for (name, value) in &self.settings {
            edit.set_text(Map::Attributes, &format!("{SETTING}{name}"), Some(value))?;
        }
        Ok(())
    }
}

/// A key of `attributes` that a project has a meaning for.
enum Key<'a> {
    Tag(&'a str),
    Setting(&'a str),
}

fn key_of(key: &str) -> Option<Key<'_>> {
    let tag = key.strip_prefix(TAG).map(Key::Tag);
    tag.or_else(|| key.strip_prefix(SETTING).map(Key::Setting)).filter(|key| {
        let (Key::Tag(text) | Key::Setting(text)) = key;
        is_tag(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DocKind;

    const A: [u8; 16] = [0xa; 16];
    const B: [u8; 16] = [0xb; 16];

    fn project() -> ProjectState {
        ProjectState {
            name: Some("North".into()),
            owner: Some(PersonId([7; 32])),
            archived: true,
            tags: BTreeSet::from(["2026".into(), "infill".into()]),
            settings: BTreeMap::from([(STORAGE_QUOTA.into(), "5000".into()), ("colour".into(), "red".into())]),
            ..ProjectState::default()
        }
    }

    #[test]
    fn a_project_reads_as_written_and_what_is_not_known_stays() {
        let mut doc = Document::build(DocKind::Project, []).unwrap();
        let mut state = project();
        doc.edit(A, |edit| state.write(edit)).unwrap().unwrap();
        doc.edit(A, |edit| edit.set_text(Map::Attributes, "of tomorrow", Some("1"))).unwrap().unwrap();
        assert_eq!(ProjectState::read(&doc), state);
        assert_eq!(doc.edit(A, |edit| state.write(edit)).unwrap(), None, "nothing differs");
        state.tags.remove("2026");
        state.settings.remove(STORAGE_QUOTA);
        state.archived = false;
        doc.edit(A, |edit| state.write(edit)).unwrap().unwrap();
        assert_eq!(ProjectState::read(&doc), state);
        assert_eq!(state.settings.len(), 1, "a setting that is not known here is kept");
        assert_eq!(doc.get_str(Map::Attributes, "of tomorrow").as_deref(), Some("1"));
    }

    #[test]
    fn two_people_who_tag_at_once_lose_no_tag() {
        let mut one = Document::build(DocKind::Project, []).unwrap();
        let mut other = one.clone();
        let tagged = |doc: &mut Document, actor, tag: &str| {
            let mut state = ProjectState::read(doc);
            state.tags.insert(tag.to_owned());
            doc.edit(actor, |edit| state.write(edit)).unwrap().unwrap()
        };
        let from_one = tagged(&mut one, A, "infill");
        let from_other = tagged(&mut other, B, "appraisal");
        one.apply(&from_other).unwrap();
        other.apply(&from_one).unwrap();
        assert_eq!(ProjectState::read(&one), ProjectState::read(&other));
        assert_eq!(ProjectState::read(&one).tags.len(), 2);
    }

    #[test]
    fn settings_read_as_what_they_mean_and_nonsense_as_absent() {
        let mut state = project();
        assert_eq!(state.storage_quota(), Some(5000));
        assert!(state.allowed_file_types().is_empty());
        state.settings.insert(STORAGE_QUOTA.into(), "much".into());
        state.settings.insert(ALLOWED_FILE_TYPES.into(), "LAS, csv,,".into());
        assert_eq!(state.storage_quota(), None);
        assert_eq!(state.allowed_file_types(), ["las", "csv"]);
        for bad in ["", " a", "a/b", "a,b", "a\nb", &"x".repeat(MAX_TAG_CHARS + 1)] {
            assert!(!is_tag(bad), "{bad:?}");
        }
    }
}
