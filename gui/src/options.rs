//! The command line of the desktop, in the same words as that of `dataforge`.

use std::path::{Path, PathBuf};

use clap::Parser;

/// The desktop of DataForge: browse the wells, runs and curves of a data directory.
#[derive(Debug, Clone, Parser)]
#[command(name = "dataforge-gui", version)]
pub struct Options {
    /// Data directory [default: the user's, as `dataforge` uses it]
    #[arg(long, env = "DATAFORGE_DIR", value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl Options {
    /// Returns the data directory; `None` when none is given and the user has no home.
    #[must_use]
    pub fn directory(&self) -> Option<PathBuf> {
        self.dir.clone().or_else(default_directory)
    }

    /// Returns how a command line for the same directory starts.
    #[must_use]
    pub fn program(&self) -> String {
        self.dir.as_deref().map_or_else(|| "dataforge".to_owned(), |dir| format!("dataforge --dir {}", quoted(dir)))
    }
}

/// Returns where a user's data lives on this system.
fn default_directory() -> Option<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        home("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        home("XDG_DATA_HOME").or_else(|| home("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("dataforge"))
}

/// Returns a path as a shell reads it back.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/\\:._-".contains(letter);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn commands_name_a_directory_that_is_not_the_default() {
        let plain = Options { dir: None };
        assert_eq!(plain.program(), "dataforge");
        let spaced = Options { dir: Some("/data/my wells".into()) };
        assert_eq!(spaced.program(), "dataforge --dir '/data/my wells'");
    }
}
