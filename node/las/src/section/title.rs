//! Titles: what a section is, by the word behind `~`.
//!
//! LAS 1.2 and 2.0 only ask for the first letter. LAS 3.0 titles are whole words that name a data
//! set: `~Core_Definition[2]`, `~Core_Data | Core_Definition`, and the older `~Core | Core_Definition`.

use crate::model::SectionKind;
use crate::model::item::numbered;
use crate::section::Role;

/// A title of LAS 3.0. Roots are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetTitle {
    /// The name of the data set as delivered.
    pub(crate) root: String,
    /// The number behind it.
    pub(crate) number: Option<u32>,
    /// Which of the three sections of the set it is.
    pub(crate) part: Part,
}

/// One of the three sections of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Parameter,
    Definition,
    Data,
}

/// Names of a data set for comparing: `~Curve`, `~Parameter` and `~ASCII` are those of the log.
pub(crate) type Key = (String, Part, Option<u32>);

impl SetTitle {
    /// Returns what it is compared by.
    pub(crate) fn key(&self) -> Key {
        (self.root.to_ascii_uppercase(), self.part, self.number)
    }

    /// Returns whether it belongs to a log.
    pub(crate) fn is_log(&self) -> bool {
        self.root.eq_ignore_ascii_case(LOG)
    }
}

/// The root of a log's titles.
pub(crate) const LOG: &str = "Log";

/// Returns the title of a data set that the line `title` is, if it is one.
pub(crate) fn set_title(title: &str) -> Option<SetTitle> {
    let (word, association) = split(title);
    if let Some(found) = three_part(word).or_else(|| legacy(word)) {
        return Some(found);
    }
    // The older form, where only the association tells that rows follow.
    let (root, number) = without_number(word);
    let names_definition = set_word(association?).is_some_and(|other| other.part == Part::Definition);
    (names_definition && !root.is_empty()).then(|| SetTitle { root: root.to_owned(), number, part: Part::Data })
}

/// Returns what the word of a title or an association names.
pub(crate) fn set_word(word: &str) -> Option<SetTitle> {
    three_part(word).or_else(|| legacy(word))
}

/// Splits a title into its word and what it is associated with.
pub(crate) fn split(title: &str) -> (&str, Option<&str>) {
    let text = title.strip_prefix('~').unwrap_or(title).trim_start();
    let (left, right) = match text.split_once('|') {
        Some((left, right)) => (left, Some(right)),
        None => (text, None),
    };
    // A number may stand apart from its word: `~Core_Data [2]`.
    let left = left.trim_end();
    let word = match numbered(left) {
        Some((name, _)) if !name.contains(char::is_whitespace) => left,
        _ => left.split_whitespace().next().unwrap_or_default(),
    };
    let association = right.map(|right| right.trim().trim_start_matches('~'));
    (word, association.filter(|association| !association.is_empty()))
}

fn without_number(word: &str) -> (&str, Option<u32>) {
    match numbered(word) {
        Some((name, number)) => (name, Some(number)),
        None => (word, None),
    }
}

/// Words of LAS 2.0. `~Parameter_Data` and `~WELL_INFORMATION_DATA` name no data set, while
/// `~Well_Test_Data` does.
const STANDARD: [&str; 8] = ["VERSION", "WELL", "CURVE", "CURVES", "PARAMETER", "PARAMETERS", "OTHER", "ASCII"];

/// Words that only pad a title of LAS 2.0.
const PADDING: [&str; 6] = ["INFORMATION", "INFO", "BLOCK", "SECTION", "HEADER", "LOG"];

/// Returns whether the words of a root are those of a section of LAS 2.0.
fn is_standard(root: &str) -> bool {
    let is_any = |word: &str, list: &[&str]| list.iter().any(|other| word.eq_ignore_ascii_case(other));
    let mut words = root.split('_');
    let first = words.next().unwrap_or_default();
    (first.len() == 1 || is_any(first, &STANDARD)) && words.all(|word| is_any(word, &PADDING))
}

/// Parses `Core_Data[2]` or `Phase_Data_RM`, whose root is `Phase_RM`.
fn three_part(word: &str) -> Option<SetTitle> {
    let (word, number) = without_number(word);
    let pieces: Vec<&str> = word.split('_').collect();
    let place = |name: &str| {
        let is = |piece: &&str| {
            let piece = piece.strip_suffix(['s', 'S']).unwrap_or(piece);
            piece.eq_ignore_ascii_case(name)
        };
        pieces.iter().rposition(is).filter(|&at| at > 0)
    };
    let (at, part) = [("DEFINITION", Part::Definition), ("PARAMETER", Part::Parameter), ("DATA", Part::Data)]
        .into_iter()
        .find_map(|(name, part)| place(name).map(|at| (at, part)))?;
    let rest = pieces.iter().enumerate().filter(|(piece, _)| *piece != at).map(|(_, piece)| *piece);
    let root = rest.collect::<Vec<_>>().join("_");
    let is_empty = root.trim_matches('_').is_empty();
    (!is_empty && !is_standard(&root)).then_some(SetTitle { root, number, part })
}

/// Names of a log's sections that LAS 3.0 took over from 2.0.
fn legacy(word: &str) -> Option<SetTitle> {
    let (word, number) = without_number(word);
    let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    let part = if is(&["C", "CURVE", "CURVES"]) {
        Part::Definition
    } else if is(&["P", "PARAMETER", "PARAMETERS"]) {
        Part::Parameter
    } else if is(&["A", "ASCII"]) {
        Part::Data
    } else {
        return None;
    };
    Some(SetTitle { root: LOG.to_owned(), number, part })
}

/// What was found so far, to judge titles that say little.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Whether a section of the standard was among them.
    pub(crate) known: bool,
    kinds: Vec<SectionKind>,
    data: bool,
}

/// The words of LAS 2.0 by their first letters; the standard only asks for the first one.
const WORDS: [(&str, Option<SectionKind>); 6] = [
    ("VER", Some(SectionKind::Version)),
    ("WEL", Some(SectionKind::Well)),
    ("CUR", Some(SectionKind::Curve)),
    ("PAR", Some(SectionKind::Parameter)),
    ("OTH", Some(SectionKind::Other)),
    ("ASC", None),
];

impl Seen {
    /// Returns what the section titled `title` is, and whether that is a guess.
    pub(crate) fn classify(&mut self, title: &str) -> (Role, bool) {
        let text = title.strip_prefix('~').unwrap_or(title);
        let detached = text.starts_with(char::is_whitespace);
        let word = text.split(|c: char| c.is_whitespace() || matches!(c, '|' | '[')).find(|word| !word.is_empty());
        let word = word.unwrap_or_default().to_ascii_uppercase();
        let (role, guessed) = if let Some(role) = set_role(title) {
            (role, false)
        } else if let Some(role) = self.standard_role(&word, detached) {
            (role, false)
        } else if detached && !self.data && self.kinds.contains(&SectionKind::Curve) {
            (Role::Data, true)
        } else {
            (Role::Header(SectionKind::Custom), false)
        };
        match role {
            Role::Data => self.data = true,
            Role::Header(kind) => self.kinds.push(kind),
            Role::OtherDefinition | Role::OtherParameter | Role::OtherData => {}
        }
        let known = !matches!(role, Role::Header(SectionKind::Custom | SectionKind::Other));
        self.known = self.known || known;
        (role, guessed)
    }

    /// Returns the role of a title of LAS 1.2 and 2.0.
    fn standard_role(&self, word: &str, detached: bool) -> Option<Role> {
        let letter = word.get(..1)?;
        let (stem, kind) = WORDS.into_iter().find(|(stem, _)| stem.starts_with(letter))?;
        // `~Perforations` after a `~Parameter` is no second one, though the letter says so;
        // and after `~ ` only a word of the standard is a title, other words are curve names.
        let certain = word.len() == 1 || word.starts_with(stem);
        let taken = kind.map_or(self.data, |kind| self.kinds.contains(&kind));
        let role = kind.map_or(Role::Data, Role::Header);
        (certain || !(taken || detached)).then_some(role)
    }
}

/// Returns the role of a title that says by itself that it is one of LAS 3.0.
fn set_role(title: &str) -> Option<Role> {
    let (word, _) = split(title);
    let found = match legacy(word) {
        // A single letter or word of 2.0 is judged by what was seen before.
        Some(_) => return None,
        None => set_title(title)?,
    };
    Some(match (found.part, found.is_log()) {
        (Part::Definition, true) => Role::Header(SectionKind::Curve),
        (Part::Parameter, true) => Role::Header(SectionKind::Parameter),
        (Part::Data, true) => Role::Data,
        (Part::Definition, false) => Role::OtherDefinition,
        (Part::Parameter, false) => Role::OtherParameter,
        (Part::Data, false) => Role::OtherData,
    })
}
