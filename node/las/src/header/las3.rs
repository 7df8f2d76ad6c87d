//! What LAS 3.0 adds behind a description: `… {F10.4} | Run[1],Zone[2]`.
//!
//! Only LAS 3.0 is asked for it: in other versions braces and bars are text like any other.

use crate::lines::trim;
use crate::model::{Format, HeaderItem};

/// Takes format and associations off the description of an item.
pub(crate) fn split_description(item: &mut HeaderItem) {
    let mut rest = item.description.as_str();
    let mut format = None;
    take_format(&mut rest, &mut format);
    let associations = take_associations(&mut rest);
    // The standard puts the format first.
    if format.is_none() {
        take_format(&mut rest, &mut format);
    }
    let description = trim(rest).to_owned();
    item.description = description;
    item.format = format;
    item.associations = associations;
}

fn take_format(rest: &mut &str, format: &mut Option<Format>) {
    let Some(inner) = trim(rest).strip_suffix('}') else { return };
    let Some((before, text)) = inner.rsplit_once('{') else { return };
    if !text.contains('}') {
        *format = Some(Format::new(trim(text)));
        *rest = before;
    }
}

/// Takes the names behind the last bar; what is no list of names stays in the description.
fn take_associations(rest: &mut &str) -> Vec<String> {
    let Some((before, list)) = rest.rsplit_once('|') else { return Vec::new() };
    let names: Vec<&str> = list.split(',').map(trim).collect();
    if !names.iter().all(|name| is_name(name)) {
        return Vec::new();
    }
    *rest = before;
    names.into_iter().map(str::to_owned).collect()
}

/// Returns whether `text` can be a mnemonic that another line is associated with.
fn is_name(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}' | ':' | '|' | '"');
    text.starts_with(char::is_alphabetic) && !text.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(description: &str) -> (String, Option<String>, String) {
        let mut item = HeaderItem::new("M", "", "", description);
        split_description(&mut item);
        (item.description, item.format.map(|format| format.as_str().to_owned()), item.associations.join(" "))
    }

    #[test]
    fn format_and_associations_are_taken_off() {
        let all = |d: &str, f: &str, a: &str| (d.to_owned(), Some(f.to_owned()), a.to_owned());
        assert_eq!(parts("Bit size {F10.4} | RUN[1], Zone[2]"), all("Bit size", "F10.4", "RUN[1] Zone[2]"));
        assert_eq!(parts("Bit size | RUN[1] {F}"), all("Bit size", "F", "RUN[1]"));
        assert_eq!(parts("Recording date{MM/dd/yyyy HH:mm:ss}"), all("Recording date", "MM/dd/yyyy HH:mm:ss", ""));
        assert_eq!(parts("Echo  {AF;5ms;10ft} "), all("Echo", "AF;5ms;10ft", ""));
        assert_eq!(parts("{S}"), all("", "S", ""));
        assert_eq!(parts("a {F} | R {S}"), all("a {F}", "S", "R"));
    }

    #[test]
    fn other_braces_and_bars_are_text() {
        for text in ["", "plain", "set {a} of b", "a | b c", "a | 5", "a |", "{a}}", "a } b"] {
            assert_eq!(parts(text), (text.to_owned(), None, String::new()), "{text}");
        }
        assert_eq!(parts("x | y | Run").0, "x | y");
    }
}
