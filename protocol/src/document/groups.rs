//! Groups of people, in the settings of a workspace: names for several people, which grant nothing.
//!
//! A group is the key `group/<id>/name`, and each member a key `group/<id>/member/<person>`, so that
//! people who add members at once lose none. A group without a name is none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, Edit, EngineError, Field, Map};
use crate::id::PersonId;
use crate::op::is_name;

/// What begins the keys of groups.
const GROUP: &str = "group/";
/// Hex digits of a group's id.
const ID_DIGITS: usize = 16;
/// The value of a member's key; the key is what counts.
const MEMBER: &str = "member";

/// Several people under one name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Who belongs to it, whether or not they are members of the workspace.
    pub people: BTreeSet<PersonId>,
}

/// The groups of a workspace, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupsState {
    /// By id: 16 hex digits made by who made the group.
    pub groups: BTreeMap<String, Group>,
}

impl GroupsState {
    /// Reads the groups from the settings; what is none is left out.
    #[must_use]
    pub fn read(settings: &Document) -> Self {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (key, field) in settings.entries(Map::Attributes) {
            let (Some((id, key)), Field::Text(value)) = (key_of(&key), field) else { continue };
            let group = groups.entry(id.to_owned()).or_default();
            match key {
                Key::Name if is_name(&value) => group.name = value,
                Key::Name => {}
                Key::Member(person) => {
                    group.people.insert(person);
                }
            }
        }
        groups.retain(|_, group| !group.name.is_empty());
        Self { groups }
    }
}

/// What a key says of a group.
enum Key {
    Name,
    Member(PersonId),
}

fn key_of(key: &str) -> Option<(&str, Key)> {
    let (id, of) = key.strip_prefix(GROUP)?.split_once('/')?;
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let key = match of.split_once('/') {
        None if of == "name" => Key::Name,
        Some((MEMBER, person)) => Key::Member(person.parse().ok()?),
        _ => return None,
    };
    is_id.then_some((id, key))
}

impl Edit<'_, '_> {
    /// Names a group, which makes it.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn name_group(&mut self, id: &str, name: &str) -> Result<(), EngineError> {
        self.set_text(Map::Attributes, &format!("{GROUP}{id}/name"), Some(name))
    }

    /// Puts a person into a group or takes them out.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn set_in_group(&mut self, id: &str, person: &PersonId, is_in: bool) -> Result<(), EngineError> {
        self.set_text(Map::Attributes, &format!("{GROUP}{id}/{MEMBER}/{person}"), is_in.then_some(MEMBER))
    }

    /// Takes a group away.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn delete_group(&mut self, id: &str) -> Result<(), EngineError> {
        for key in self.keys(Map::Attributes) {
            if key_of(&key).is_some_and(|(of, _)| of == id) {
                self.set_text(Map::Attributes, &key, None)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DocKind;

    const A: [u8; 16] = [0xa; 16];
    const B: [u8; 16] = [0xb; 16];
    const ID: &str = "0123456789abcdef";

    #[test]
    fn groups_read_as_written_and_go_whole() {
        let mut doc = Document::build(DocKind::Settings, []).unwrap();
        doc.edit(A, |edit| {
            edit.name_group(ID, "Petrophysics")?;
            edit.set_in_group(ID, &PersonId([1; 32]), true)?;
            edit.set_text(Map::Attributes, "conflicts/name", Some("manual"))
        })
        .unwrap();
        let state = GroupsState::read(&doc);
        let people = BTreeSet::from([PersonId([1; 32])]);
        let group = Group { name: "Petrophysics".into(), people };
        assert_eq!(state.groups, BTreeMap::from([(ID.to_owned(), group)]));
        doc.edit(A, |edit| edit.delete_group(ID)).unwrap().unwrap();
        assert_eq!(GroupsState::read(&doc), GroupsState::default());
        assert!(doc.get_str(Map::Attributes, "conflicts/name").is_some(), "other settings stay");
    }

    #[test]
    fn people_who_are_added_at_once_are_both_in() {
        let mut one = Document::build(DocKind::Settings, []).unwrap();
        one.edit(A, |edit| edit.name_group(ID, "Crew")).unwrap();
        let mut other = one.clone();
        let added = |doc: &mut Document, actor, person| {
            doc.edit(actor, |edit| edit.set_in_group(ID, &PersonId([person; 32]), true)).unwrap().unwrap()
        };
        let (from_one, from_other) = (added(&mut one, A, 1), added(&mut other, B, 2));
        one.apply(&from_other).unwrap();
        other.apply(&from_one).unwrap();
        assert_eq!(GroupsState::read(&one), GroupsState::read(&other));
        assert_eq!(GroupsState::read(&one).groups[ID].people.len(), 2);
    }

    #[test]
    fn what_is_no_group_is_left_out() {
        let mut doc = Document::build(DocKind::Settings, []).unwrap();
        let nobody = PersonId([1; 32]);
        let keys = [
            format!("group/{ID}/member/{nobody}"),
            "group/short/name".to_owned(),
            "group/0123456789ABCDEF/name".to_owned(),
            "group/fedcba9876543210/name/more".to_owned(),
        ];
        for key in &keys {
            doc.edit(A, |edit| edit.set_text(Map::Attributes, key, Some("x"))).unwrap();
        }
        doc.edit(A, |edit| edit.name_group("fedcba9876543210", "with\na line")).unwrap();
        assert_eq!(GroupsState::read(&doc), GroupsState::default());
    }
}
