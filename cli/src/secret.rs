//! Secrets that are asked for: never from an argument, never shown.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use dataforge_node::api::{ApiError, ErrorKind, Passphrase};
use dataforge_node::key::passphrase_of_environment;

use crate::error::Failure;
use crate::output;

/// Most bytes of a passphrase file that are looked at.
const MOST: u64 = 4096;

/// The terminal as it was before it stopped showing what is typed.
static BEFORE: Mutex<Option<terminal::State>> = Mutex::new(None);

/// Whether somebody can be asked: there is a terminal to type on and one to see the question on.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line on the terminal without showing it, off the async threads, so that Ctrl-C still
/// works.
pub(crate) async fn typed(question: String) -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(move || {
        // Whoever gives up on this wait leaves a terminal that shows nothing: see `show_again`.
        *before() = terminal::state();
        output::write_prompt(&question);
        let line = console::Term::stderr().read_secure_line();
        *before() = None;
        line
    });
    read.await.map_err(|error| unread(&error))?.map_err(|error| unread(&error))
}

/// Lets the terminal show again what is typed, when a question was given up.
pub(crate) fn show_again() {
    if let Some(state) = before().take() {
        terminal::restore(&state);
        output::write_note("");
    }
}

/// Notes how the terminal takes keys, before single ones are read on a thread that nobody ends.
pub(crate) fn keep_keys() {
    *before() = terminal::state();
}

/// Lets the terminal take keys as it did before single ones were read.
pub(crate) fn restore_keys() {
    if let Some(state) = before().take() {
        terminal::restore(&state);
    }
}

fn before() -> std::sync::MutexGuard<'static, Option<terminal::State>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the passphrase from the file, else from the environment; none when there is neither.
pub(crate) fn given(file: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
    if let Some(file) = file {
        return from_file(file).map(Some);
    }
    Ok(passphrase_of_environment()?)
}

/// Reads a passphrase: the first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let mut line = Passphrase(String::new());
    let read = std::fs::File::open(path).and_then(|file| BufReader::new(file.take(MOST)).read_line(&mut line.0));
    read.map_err(|error| Failure::from_file("read", path, &error))?;
    let length = line.0.trim_end_matches(['\r', '\n']).len();
    line.0.truncate(length);
    if line.0.is_empty() {
        return Err(Failure::usage(format!("{} has no passphrase", path.display()), "write it into the first line"));
    }
    Ok(line)
}

/// Asks for a passphrase.
pub(crate) async fn passphrase(question: &str) -> Result<Passphrase, Failure> {
    let text = typed(format!("{question}, not shown as you type: ")).await?;
    if text.is_empty() {
        Err(Failure::usage("no passphrase was given", "type it when asked"))
    } else {
        Ok(Passphrase(text))
    }
}

/// Asks for a passphrase that is to be used from now on, twice: a slip could not be undone.
pub(crate) async fn new_passphrase() -> Result<Passphrase, Failure> {
    if !can_ask() {
        return Err(Failure::usage(
            "there is no terminal to ask for the new passphrase on",
            "give it with --new-passphrase-file, or for a key that is not sealed yet in DATAFORGE_PASSPHRASE",
        ));
    }
    let first = passphrase("The new passphrase").await?;
    if first != passphrase("Once more").await? {
        return Err(Failure::usage("the two are not the same: nothing was changed", "try again"));
    }
    Ok(first)
}

fn unread(error: &dyn std::fmt::Display) -> Failure {
    Failure::Api(ApiError::new(ErrorKind::Input, format!("the answer cannot be read: {error}")))
}

#[cfg(unix)]
mod terminal {
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    pub(super) type State = Termios;

    pub(super) fn state() -> Option<State> {
        tcgetattr(std::io::stdin()).ok()
    }

    pub(super) fn restore(state: &State) {
        // A terminal that is gone shows nothing in any case.
        let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, state);
    }
}

/// Windows hides what is typed key by key and has nothing to restore.
#[cfg(not(unix))]
mod terminal {
    pub(super) struct State;

    pub(super) const fn state() -> Option<State> {
        None
    }

    pub(super) const fn restore(_state: &State) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_the_first_line_of_its_file() {
        let path = std::env::temp_dir().join(format!("dataforge-passphrase-{}", std::process::id()));
        for (text, expected) in
            [("right one\r\nand more\n", Some("right one")), (" kept \n", Some(" kept ")), ("\n", None)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(from_file(&path).ok().map(|read| read.0.clone()).as_deref(), expected);
        }
        std::fs::remove_file(&path).unwrap();
        assert!(from_file(&path).is_err());
    }
}
