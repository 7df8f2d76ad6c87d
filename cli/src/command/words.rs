//! Reading recovery words: never from an argument, never shown.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use dataforge_node::api::{ApiError, ErrorKind, Words};

use crate::error::Failure;

/// Longest text that is read: 24 words with numbers and blanks are far below it.
const MOST: u64 = 4096;

/// Reads the words of a person from a file, else from the terminal without showing them, else from
/// a pipe.
pub(super) async fn read(person: &str, file: Option<&Path>) -> Result<Words, Failure> {
    let file = file.map(Path::to_owned);
    let question = format!("The 24 recovery words of {person}, not shown as you type: ");
    let read = tokio::task::spawn_blocking(move || match file {
        Some(path) => {
            let mut text = String::new();
            let opened = std::fs::File::open(&path).and_then(|file| file.take(MOST).read_to_string(&mut text));
            opened.map(|_| text).map_err(|error| Failure::from_file("read", &path, &error))
        }
        None if std::io::stdin().is_terminal() => {
            crate::output::write_prompt(&question);
            let words = console::Term::stderr().read_secure_line();
            words.map_err(|error| unread(&error))
        }
        None => {
            let mut text = String::new();
            let read = std::io::stdin().take(MOST).read_to_string(&mut text);
            read.map(|_| text).map_err(|error| unread(&error))
        }
    });
    let text = read.await.map_err(|error| unread(&error))??;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "no recovery words were given",
            "type them when asked, send them through a pipe, or name a file with --words-file",
        ));
    }
    Ok(Words(text))
}

fn unread(error: &dyn std::fmt::Display) -> Failure {
    Failure::Api(ApiError::new(ErrorKind::Input, format!("the words cannot be read: {error}")))
}
