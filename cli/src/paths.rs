//! Paths to import, with `*`, `?` and `**` where the shell left them.
//!
//! Windows shells expand nothing, and quoted patterns arrive as they are. A path that exists is
//! taken as it is, whatever its name contains.

use std::path::{Component, Path, PathBuf};

use dataforge_node::api::{ApiError, ErrorKind};

use crate::directory::absolute;
use crate::error::Failure;

/// Returns absolute paths in the order given; the matches of a pattern are sorted.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut expanded = Vec::new();
    for path in paths {
        let path = absolute(path)?;
        // What is missing without being a pattern is reported by the import.
        if path.exists() || !is_pattern(&path) {
            expanded.push(path);
            continue;
        }
        let mut matches = Vec::new();
        let components: Vec<_> = path.components().collect();
        find(PathBuf::new(), &components, &mut matches);
        matches.sort();
        matches.dedup();
        if matches.is_empty() {
            return Err(ApiError::new(ErrorKind::Input, format!("nothing matches {}", path.display()))
                .hint("check the path")
                .into());
        }
        expanded.extend(matches);
    }
    Ok(expanded)
}

fn is_pattern(path: &Path) -> bool {
    path.components().any(|component| has_wildcard(component.as_os_str().to_string_lossy().as_ref()))
}

fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Adds what `components` match below `base`.
fn find(base: PathBuf, components: &[Component<'_>], matches: &mut Vec<PathBuf>) {
    let Some((first, rest)) = components.split_first() else {
        if base.exists() {
            matches.push(base);
        }
        return;
    };
    // A Windows prefix like \\?\C: holds no pattern.
    let pattern = match first {
        Component::Normal(name) => name.to_string_lossy(),
        _ => return find(base.join(first), rest, matches),
    };
    if !has_wildcard(&pattern) {
        return find(base.join(first), rest, matches);
    }
    if pattern == "**" {
        find(base.clone(), rest, matches);
    }
    // What cannot be listed matches nothing.
    for entry in std::fs::read_dir(&base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // As in shells, hidden names are matched only by patterns that say so.
        let hidden = name.starts_with('.') && !pattern.starts_with('.');
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if hidden {
            continue;
        }
        if pattern == "**" {
            if is_directory {
                find(entry.path(), components, matches);
            }
        } else if matches_name(&pattern, &name) {
            find(entry.path(), rest, matches);
        }
    }
}

/// Whether a name matches a pattern of letters, `?` (any one) and `*` (any number).
fn matches_name(pattern: &str, name: &str) -> bool {
    let fold = |text: &str| if cfg!(windows) { text.to_lowercase() } else { text.to_owned() };
    let (pattern, name): (Vec<_>, Vec<_>) = (fold(pattern).chars().collect(), fold(name).chars().collect());
    let (mut at, mut in_name) = (0, 0);
    // Where to go on when a letter differs: behind the last star, one letter later.
    let mut back: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at + 1, in_name));
                at += 1;
            }
            Some(&letter) if letter == '?' || letter == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => match back {
                Some((after, from)) => {
                    (at, in_name) = (after, from + 1);
                    back = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_a_shell() {
        for (pattern, name) in
            [("*.las", "a.las"), ("*", ""), ("w?ll*", "well-1.las"), ("a*b*c", "a-b-b-c"), ("*a", "aaa"), ("é?", "éü")]
        {
            assert!(matches_name(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.las", "a.las.bak"), ("?", ""), ("a*b*c", "a-c-b"), ("ab", "abc")] {
            assert!(!matches_name(pattern, name), "{pattern} {name}");
        }
        assert!(!matches_name(&"*a".repeat(50), &"a".repeat(2000).replace("aa", "ab")), "and in good time");
    }

    #[test]
    fn patterns_find_files_sorted_and_existing_names_are_taken_as_they_are() {
        let dir = std::env::temp_dir().join(format!("dataforge-paths-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("deep/er")).unwrap();
        for name in ["b.las", "a.las", "c.txt", ".hidden.las", "deep/d.las", "deep/er/e.las", "odd [x].las"] {
            std::fs::write(dir.join(name), "").unwrap();
        }
        if cfg!(unix) {
            std::fs::write(dir.join("what?.las"), "").unwrap();
        }
        let found = |pattern: &str| -> Vec<_> {
            let found = expand(&[dir.join(pattern)]).unwrap();
            found.iter().map(|path| path.strip_prefix(&dir).unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(found("?.las"), ["a.las", "b.las"]);
        assert_eq!(found("deep/*.las"), ["deep/d.las"]);
        assert_eq!(found("**/e.las"), ["deep/er/e.las"]);
        assert_eq!(found("*/*.las"), ["deep/d.las"]);
        assert_eq!(found("odd [x].las"), ["odd [x].las"]);
        assert_eq!(found("gone.las"), ["gone.las"], "the import says that it is missing");
        if cfg!(unix) {
            assert_eq!(found("what?.las"), ["what?.las"]);
        }
        assert!(matches!(expand(&[dir.join("*.xyz")]), Err(Failure::Api(error)) if error.kind == ErrorKind::Input));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
