//! Names of wells, compared word by word.

/// Fewest letters of a word whose misspelling is forgiven.
const MIN_WORD: usize = 4;
/// Words of a name that tell nothing.
const FILLERS: &[&str] = &["WELL", "NO", "NR", "NUM", "NUMBER", "THE"];
/// Names that are none.
const PLACEHOLDERS: &[&str] = &["UNKNOWN", "NONE", "NULL", "NA", "N A", "TEST", "DUMMY", "TBA", "TBD", "X"];

/// Returns a name as it is compared: upper-case words and numbers, without leading zeros, signs and
/// words such as `Well No.`; empty when it names nothing.
#[must_use]
pub fn normal_name(name: &str) -> String {
    let words = words(name).join(" ");
    if PLACEHOLDERS.contains(&&*words) { String::new() } else { words }
}

/// Returns the telling words and numbers of a name.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for ch in name.chars().flat_map(char::to_uppercase) {
        let class = (ch.is_alphabetic(), ch.is_numeric());
        if class != (false, false) {
            if before == Some(class)
                && let Some(word) = words.last_mut()
            {
                word.push(ch);
            } else {
                words.push(ch.to_string());
            }
        }
        before = Some(class);
    }
    for word in &mut words {
        let short = word.trim_start_matches('0').len();
        if word.starts_with('0') {
            *word = if short == 0 { "0".to_owned() } else { word[word.len() - short..].to_owned() };
        }
    }
    words.retain(|word| !FILLERS.contains(&&**word));
    words
}

/// Returns whether a word of a name is a number.
pub(super) fn is_number(word: &str) -> bool {
    word.starts_with(char::is_numeric)
}

/// Returns a word and what is left of it without any one of its letters; nothing for short words.
pub(super) fn shortened(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    // A letter may be missing in the other word, so one less is enough here.
    if letters.len() < MIN_WORD - 1 {
        return Vec::new();
    }
    let without = |at: usize| letters[..at].iter().chain(&letters[at + 1..]).collect();
    std::iter::once(word.to_owned()).chain((0..letters.len()).map(without)).collect()
}

/// Returns whether two names differ in one letter of one longer word.
pub(super) fn is_misspelt(one: &[String], other: &[String]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut different = one.iter().zip(other).filter(|(one, other)| one != other);
    let (Some((here, there)), None) = (different.next(), different.next()) else {
        return false;
    };
    let long = |word: &str| word.chars().count() >= MIN_WORD && !is_number(word);
    long(here) && long(there) && within_one_edit(here, there)
}

/// Returns whether one letter more, less or other makes one word the other.
fn within_one_edit(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[same..], &other[same..]);
    match one.len().abs_diff(other.len()) {
        0 => one.is_empty() || one[1..] == other[1..],
        1 if one.len() > other.len() => one[1..] == *other,
        1 => other[1..] == *one,
        _ => false,
    }
}
