//! Reading recovery words: never from an argument, never shown.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use dataforge_node::api::{ApiError, ErrorKind, Words};

use crate::error::Failure;
use crate::secret;

/// Longest text that is read: 24 words with numbers and blanks are far below it.
const MOST: u64 = 4096;

/// Reads the words of a person from a file, else from the terminal without showing them, else from
/// a pipe.
pub(super) async fn read(person: &str, file: Option<&Path>) -> Result<Words, Failure> {
    let text = match file {
        Some(path) => {
            let mut text = String::new();
            let opened = std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text));
            opened.map_err(|error| Failure::from_file("read", path, &error))?;
            text
        }
        None if secret::can_ask() => {
            secret::typed(format!("The 24 recovery words of {person}, not shown as you type: ")).await?
        }
        // With its questions led elsewhere nobody would see that it asks, or be hidden from.
        None if std::io::stdin().is_terminal() => String::new(),
        None => piped().await?,
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "no recovery words were given",
            "type them when asked, send them through a pipe, or name a file with --words-file",
        ));
    }
    Ok(Words(text))
}

/// Reads the pipe off the async threads, so that Ctrl-C still works.
async fn piped() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        std::io::stdin().take(MOST).read_to_string(&mut text).map(|_| text)
    });
    read.await.map_err(|error| unread(&error))?.map_err(|error| unread(&error))
}

fn unread(error: &dyn std::fmt::Display) -> Failure {
    Failure::Api(ApiError::new(ErrorKind::Input, format!("the words cannot be read: {error}")))
}
