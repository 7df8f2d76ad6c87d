//! Choosing: which side of a conflict a choice means. Pure; the same on every node, but for what is
//! mine.

use std::collections::BTreeSet;

use super::resolve::MAX_VALUE_CHARS;
use super::{About, Conflict, FieldKind, SHOWN_CHARS, Side, Strategy};
use crate::api::{ApiError, ErrorKind};

/// Fields whose lines are joined.
const PROSE: [&str; 4] = ["description", "comment", "notes", "remarks"];
/// Fields whose words, between commas, are joined.
const LISTS: [&str; 2] = ["tags", "aliases"];

/// How a conflict is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// As the workspace's strategy says.
    ByStrategy,
    /// What this person wrote.
    Mine,
    /// What others wrote.
    Theirs,
    /// What was written last, by the clocks of its authors.
    LastWriter,
    /// All of it together.
    Merge,
    /// Another value.
    Value(String),
    /// One of the candidates, from 1.
    Candidate(u32),
    /// It stays.
    Keep,
    /// It goes.
    Delete,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pick {
    /// What a side wrote, by position.
    Side(usize),
    /// A text.
    Text(String),
    /// The document or item stays.
    Keep,
    /// It goes.
    Delete,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Me<'a> {
    /// The person.
    pub(crate) person: &'a str,
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

fn how(conflict: &Conflict) -> &'static str {
    match conflict.about {
        About::Field => "choose with --candidate N, --value V, --mine, --theirs, --last-writer or --merge",
        About::Deletion | About::Filed | About::Item => {
            "choose with --keep or --delete, --mine, --theirs, --last-writer or --merge"
        }
    }
}

/// Returns the choice that a strategy stands for.
const fn choice_of(strategy: Strategy) -> Option<Choice> {
    match strategy {
        Strategy::Manual => None,
        Strategy::LastWriter => Some(Choice::LastWriter),
        Strategy::Mine => Some(Choice::Mine),
        Strategy::Theirs => Some(Choice::Theirs),
        Strategy::Merge => Some(Choice::Merge),
    }
}

/// Returns what a choice means for a conflict.
///
/// # Errors
/// `Usage` when it means nothing, or several things.
pub(crate) fn choose(conflict: &Conflict, choice: Choice, strategy: Strategy, me: Me<'_>) -> Result<Pick, ApiError> {
    let choice = match choice {
        Choice::ByStrategy => {
            choice_of(strategy).ok_or_else(|| usage("this kind of conflict is decided by hand", how(conflict)))?
        }
        choice => choice,
    };
    let is_field = conflict.about == About::Field;
    match choice {
        Choice::Value(value) if is_field => Ok(Pick::Text(value)),
        Choice::Value(_) => Err(usage("something that was taken away has no value", how(conflict))),
        Choice::Keep | Choice::Delete if is_field => {
            Err(usage("the values of a field differ; nothing was taken away", how(conflict)))
        }
        Choice::Keep => Ok(Pick::Keep),
        Choice::Delete => Ok(Pick::Delete),
        Choice::Merge => merged(conflict).ok_or_else(|| usage("these values cannot be joined", how(conflict))),
        Choice::Candidate(number) => {
            let position = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            let position = position.filter(|position| *position < conflict.sides.len());
            let missing = || usage(format!("there is no candidate {number}"), "dataforge conflicts show lists them");
            Ok(side(conflict, position.ok_or_else(missing)?))
        }
        Choice::LastWriter => {
            let none = || ApiError::new(ErrorKind::Internal, "a conflict without sides");
            Ok(side(conflict, last(conflict, |_side| true).ok_or_else(none)?))
        }
        Choice::Mine => {
            let own = last(conflict, |side| side.person.as_deref() == Some(me.person));
            Ok(side(conflict, own.ok_or_else(|| usage("you wrote none of the candidates", how(conflict)))?))
        }
        Choice::Theirs => theirs(conflict, me),
        Choice::ByStrategy => Err(ApiError::new(ErrorKind::Internal, "a strategy that means itself")),
    }
}

/// Returns what others wrote, if they agree.
fn theirs(conflict: &Conflict, me: Me<'_>) -> Result<Pick, ApiError> {
    let is_theirs = |side: &Side| side.person.as_deref() != Some(me.person);
    let said: BTreeSet<_> =
        conflict.sides.iter().filter(|side| is_theirs(side)).map(|side| (side.removes, &side.value)).collect();
    match said.len() {
        0 => Err(usage("nobody else wrote any of the candidates", how(conflict))),
        1 => {
            let none = || ApiError::new(ErrorKind::Internal, "a side that is gone");
            Ok(side(conflict, last(conflict, is_theirs).ok_or_else(none)?))
        }
        several => Err(usage(format!("others wrote {several} different things"), how(conflict))),
    }
}

/// Returns the side written last.
pub(super) fn last(conflict: &Conflict, of: impl Fn(&Side) -> bool) -> Option<usize> {
    let sides = conflict.sides.iter().enumerate().filter(|(_, side)| of(side));
    sides.max_by_key(|(_, side)| side.written()).map(|(position, _)| position)
}

fn side(conflict: &Conflict, position: usize) -> Pick {
    let removes = conflict.sides.get(position).is_some_and(|side| side.removes);
    match conflict.about {
        About::Field => Pick::Side(position),
        About::Deletion | About::Filed | About::Item if removes => Pick::Delete,
        About::Deletion | About::Filed | About::Item => Pick::Keep,
    }
}

/// Returns all sides together; nothing where that makes no sense.
pub(super) fn merged(conflict: &Conflict) -> Option<Pick> {
    if conflict.about != About::Field {
        return Some(Pick::Keep);
    }
    let values: BTreeSet<&str> = conflict.sides.iter().filter_map(|side| side.value.as_deref()).collect();
    // Of a longer one only the beginning is known here, and others may begin alike.
    if values.iter().any(|value| value.chars().count() > SHOWN_CHARS) {
        return None;
    }
    if values.len() == 1 {
        // One value, and somebody who took away what was there before.
        return conflict.sides.iter().position(|side| side.value.is_some()).map(Pick::Side);
    }
    if matches!(conflict.kind, None | Some(FieldKind::Meaning | FieldKind::Preferred)) {
        return None;
    }
    let name = conflict.field.rsplit('/').next().unwrap_or_default();
    let parts = |split: fn(&str) -> Vec<String>| {
        let mut parts = Vec::new();
        for part in values.iter().flat_map(|value| split(value)) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    };
    let joined = if PROSE.contains(&name) {
        parts(|value| value.lines().map(str::to_owned).collect()).join("\n")
    } else if LISTS.contains(&name) {
        let words =
            |value: &str| value.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        let mut words = parts(words);
        words.sort_unstable();
        words.join(", ")
    } else {
        return None;
    };
    (joined.chars().count() <= MAX_VALUE_CHARS).then_some(Pick::Text(joined))
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::id::DocId;

    use super::*;

    fn side(person: &str, claimed_ms: u64, value: Option<&str>) -> Side {
        Side {
            change: format!("{person}{claimed_ms}"),
            entry: String::new(),
            person: Some(person.to_owned()),
            device: format!("{person}-laptop"),
            claimed_ms,
            value: value.map(str::to_owned),
            reads: false,
            removes: false,
            edits: Vec::new(),
        }
    }

    fn field(name: &str, sides: Vec<Side>) -> Conflict {
        Conflict {
            id: "ab".into(),
            doc: DocId([1; 32]),
            about: About::Field,
            kind: Some(FieldKind::Attachment),
            map: "root".into(),
            field: name.into(),
            sides,
        }
    }

    const ADA: Me<'_> = Me { person: "ada" };

    fn chosen(conflict: &Conflict, choice: Choice) -> Result<Pick, ErrorKind> {
        choose(conflict, choice, Strategy::Manual, ADA).map_err(|error| error.kind)
    }

    #[test]
    fn mine_and_theirs_are_by_person_and_the_last_by_clock_then_hash() {
        let two = field("name", vec![side("ada", 5, Some("A")), side("bob", 3, Some("B"))]);
        assert_eq!(chosen(&two, Choice::Mine), Ok(Pick::Side(0)));
        assert_eq!(chosen(&two, Choice::Theirs), Ok(Pick::Side(1)));
        assert_eq!(chosen(&two, Choice::LastWriter), Ok(Pick::Side(0)));
        let equal = field("name", vec![side("ada", 5, Some("A")), side("bob", 5, Some("B"))]);
        assert_eq!(chosen(&equal, Choice::LastWriter), Ok(Pick::Side(1)), "the greater hash");
        let three = field("name", [two.sides, vec![side("cid", 9, Some("C")), side("ada", 1, Some("D"))]].concat());
        assert_eq!(chosen(&three, Choice::Theirs), Err(ErrorKind::Usage), "bob and cid differ");
        assert_eq!(chosen(&three, Choice::Mine), Ok(Pick::Side(0)), "the later one of ada's");
        let others = field("name", vec![side("bob", 1, Some("B")), side("cid", 2, Some("C"))]);
        assert_eq!(chosen(&others, Choice::Mine), Err(ErrorKind::Usage));
    }

    #[test]
    fn a_choice_that_means_nothing_is_refused() {
        let two = field("name", vec![side("ada", 5, Some("A")), side("bob", 3, Some("B"))]);
        for choice in [Choice::ByStrategy, Choice::Keep, Choice::Delete, Choice::Candidate(0), Choice::Candidate(3)] {
            assert_eq!(chosen(&two, choice.clone()), Err(ErrorKind::Usage), "{choice:?}");
        }
        assert_eq!(chosen(&two, Choice::Candidate(2)), Ok(Pick::Side(1)));
        assert_eq!(choose(&two, Choice::ByStrategy, Strategy::Mine, ADA), Ok(Pick::Side(0)));
        assert_eq!(chosen(&two, Choice::Value("C".into())), Ok(Pick::Text("C".into())));
    }

    #[test]
    fn lines_and_words_are_joined_and_other_values_are_not() {
        let sides = || vec![side("ada", 5, Some("one\ntwo")), side("bob", 3, Some("one\nthree"))];
        assert_eq!(chosen(&field("description", sides()), Choice::Merge), Ok(Pick::Text("one\nthree\ntwo".into())));
        assert_eq!(chosen(&field("name", sides()), Choice::Merge), Err(ErrorKind::Usage));
        let tags = field("tags", vec![side("ada", 5, Some("b, a")), side("bob", 3, Some("c,a"))]);
        assert_eq!(chosen(&tags, Choice::Merge), Ok(Pick::Text("a, b, c".into())));
        let half = |line: &str| line.repeat(MAX_VALUE_CHARS / 2);
        let long = vec![side("ada", 5, Some(&half("a"))), side("bob", 3, Some(&half("b")))];
        assert_eq!(chosen(&field("notes", long), Choice::Merge), Err(ErrorKind::Usage), "too long to be written");
        let cleared = field("name", vec![side("ada", 5, None), side("bob", 3, Some("B"))]);
        assert_eq!(chosen(&cleared, Choice::Merge), Ok(Pick::Side(1)));
    }

    #[test]
    fn of_a_deletion_the_sides_mean_that_it_stays_or_goes() {
        let mut deletion = field("", vec![side("ada", 5, None), side("bob", 7, None)]);
        deletion.about = About::Deletion;
        deletion.sides[0].removes = true;
        let picks = [
            (Choice::Mine, Pick::Delete),
            (Choice::Theirs, Pick::Keep),
            (Choice::LastWriter, Pick::Keep),
            (Choice::Merge, Pick::Keep),
            (Choice::Keep, Pick::Keep),
            (Choice::Delete, Pick::Delete),
            (Choice::Candidate(1), Pick::Delete),
        ];
        for (choice, pick) in picks {
            assert_eq!(chosen(&deletion, choice), Ok(pick));
        }
        assert_eq!(chosen(&deletion, Choice::Value("x".into())), Err(ErrorKind::Usage));
    }
}
