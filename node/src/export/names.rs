//! Names of files that any system takes and nobody can use to leave the directory.

use std::collections::BTreeSet;

/// Longest name in bytes, its ending and number included, with room to spare below every limit.
const MAX_BYTES: usize = 150;

/// Names that Windows keeps for devices.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2",
    "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// Returns a name for a file or directory: letters, digits and blanks stay, everything that is a
/// path, a device, hidden, or steers the reading of text becomes `_`.
pub(super) fn safe(text: &str) -> String {
    let keeps = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')' | '+' | '#' | ',');
    let mut name = String::new();
    for letter in text.chars() {
        // Two points in a row lead upwards, or look like it.
        let kept = keeps(letter) && !(letter == '.' && name.ends_with('.'));
        name.push(if kept { letter } else { '_' });
    }
    cut(&mut name, MAX_BYTES);
    // Windows drops blanks and points at the end; a point in front hides.
    let trimmed = name.trim_end_matches([' ', '.']).trim_start();
    let mut name =
        if trimmed.starts_with('.') { format!("_{}", trimmed.trim_start_matches('.')) } else { trimmed.to_owned() };
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if DEVICES.contains(&stem.as_str()) || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

/// Names given in one directory, compared as systems do that do not tell case.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Returns a safe name that was not given yet; `ending` may be empty.
    pub(super) fn give(&mut self, stem: &str, ending: &str) -> String {
        let ending = if ending.is_empty() { String::new() } else { format!(".{}", safe(ending)) };
        let mut stem = safe(stem);
        cut(&mut stem, MAX_BYTES - ending.len().min(MAX_BYTES / 2));
        for number in 1_u32.. {
            let name = if number == 1 { format!("{stem}{ending}") } else { format!("{stem} ({number}){ending}") };
            if self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        stem
    }
}

fn cut(text: &mut String, bytes: usize) {
    let end = (0..=bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_the_directory_or_steers_a_reader() {
        for (text, name) in [
            ("../../etc/passwd", "___.__etc_passwd"),
            ("/abs", "_abs"),
            ("C:\\x", "C__x"),
            ("a\0b", "a_b"),
            ("GR\u{202e}sal.exe", "GR_sal.exe"),
            ("...", "__"),
            ("", "_"),
            ("  Øst 13/7–2 井 ", "Øst 13_7_2 井"),
            ("nul", "_nul"),
            ("COM1.las", "_COM1.las"),
            ("well. ", "well"),
            ("~$x", "__x"),
        ] {
            let safe = safe(text);
            assert_eq!(safe, name, "{text:?}");
            assert!(!safe.contains(['/', '\\']) && safe != ".." && safe != ".");
        }
        assert!(safe(&"井".repeat(200)).len() <= MAX_BYTES);
    }

    #[test]
    fn names_are_given_once_whatever_their_case() {
        let mut names = Names::default();
        assert_eq!(names.give("A", "las"), "A.las");
        assert_eq!(names.give("a", "LAS"), "a (2).LAS");
        assert_eq!(names.give("A", ""), "A");
        let long = names.give(&"x".repeat(500), "las");
        assert!(long.len() <= MAX_BYTES && long.ends_with(".las"));
        assert_ne!(names.give(&"x".repeat(500), "las"), long);
    }
}
