//! The device's key file as programs see it before a node is open: how to get at the key, how it is
//! kept, and whether a passphrase or recovery words fit. Nothing here writes or takes the lock.

use std::path::Path;

use dataforge_protocol::ticket::fingerprint;

use crate::api::{ApiError, ErrorKind, KeyCost, KeyStatus, Passphrase, Words};
use crate::identity::{KeyFile, PublicIdentity, files};
use crate::words::{check_words, phrase};

/// How a node gets at the key of its device.
#[derive(Debug, Clone, Copy)]
pub enum Access<'a> {
    /// As it lies there; a sealed key is refused.
    Plain,
    /// By the passphrase when it is sealed.
    Passphrase(&'a Passphrase),
    /// Not at all: the key is lost, and the recovery words are to make another one.
    WithoutKey,
}

/// Fewest characters of a passphrase. What is shorter is guessed whatever a guess costs.
const FEWEST: usize = 8;
/// Most bytes of a passphrase: beyond it somebody named the wrong file.
const MOST: usize = 1024;

/// The variable that may hold the passphrase of a sealed key.
pub const PASSPHRASE_VARIABLE: &str = "DATAFORGE_PASSPHRASE";

/// Returns the passphrase that the environment gives, if it does.
///
/// # Errors
/// `Usage` when it is no text.
pub fn passphrase_of_environment() -> Result<Option<Passphrase>, ApiError> {
    match std::env::var(PASSPHRASE_VARIABLE) {
        Ok(text) => Ok((!text.is_empty()).then_some(Passphrase(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            let message = format!("{PASSPHRASE_VARIABLE} is no text");
            Err(ApiError::new(ErrorKind::Usage, message).hint("set it in UTF-8"))
        }
    }
}

/// Says how the key of a data directory is kept.
///
/// # Errors
/// `NotFound` when there is none, `Damaged` or `Input` when it cannot be understood, `Storage`.
pub fn status(dir: &Path) -> Result<KeyStatus, ApiError> {
    let cost = match read(dir)? {
        KeyFile::Plain(_) => None,
        KeyFile::Sealed(sealed) => Some(sealed.cost()),
    };
    let public = public(dir)?;
    Ok(KeyStatus {
        file: files::key_path(dir),
        sealed: cost.is_some(),
        cost: cost.map(|cost| KeyCost { memory_kib: cost.memory_kib, passes: cost.passes, lanes: cost.lanes }),
        device_id: public.device().map(|device| device.to_string()).unwrap_or_default(),
        fingerprint: fingerprint(&public.person.id),
        person: public.person.name,
    })
}

/// Checks that a passphrase opens the key of a data directory. Takes as long as opening it does.
///
/// # Errors
/// `Sealed` when it is another one, `Usage` when the key is not sealed, else as [`status`].
pub fn check_passphrase(dir: &Path, passphrase: &Passphrase) -> Result<(), ApiError> {
    match read(dir)? {
        KeyFile::Plain(_) => Err(not_sealed()),
        KeyFile::Sealed(sealed) => sealed.open(&passphrase.0).map(drop).map_err(|error| files::told(dir, error)),
    }
}

/// Checks that recovery words are those of the person of a data directory.
///
/// # Errors
/// `NotAllowed` when they are another's, `Input` when they are no words, else as [`status`].
pub fn check_recovery_words(dir: &Path, words: &Words) -> Result<(), ApiError> {
    let person = public(dir)?.person;
    check_words(&phrase(words)?, &person.id, &person.name)
}

/// The error of what makes sense for a sealed key only.
#[must_use]
pub fn not_sealed() -> ApiError {
    ApiError::new(ErrorKind::Usage, "the key is not sealed").hint("dataforge key seal seals it by a passphrase")
}

/// Refuses a passphrase that is to be used from now on and is too short to be one.
///
/// # Errors
/// `Usage`.
pub(crate) fn check_new(passphrase: &Passphrase) -> Result<(), ApiError> {
    let (chars, bytes) = (passphrase.0.chars().count(), passphrase.0.len());
    if chars < FEWEST || bytes > MOST {
        return Err(ApiError::new(ErrorKind::Usage, format!("a passphrase of {chars} characters cannot be used"))
            .hint(format!("use {FEWEST} or more, at most {MOST} bytes; five or six random words are good")));
    }
    Ok(())
}

fn read(dir: &Path) -> Result<KeyFile, ApiError> {
    files::read_key(dir)?.ok_or_else(none_yet)
}

fn public(dir: &Path) -> Result<PublicIdentity, ApiError> {
    files::read_public(dir)?.ok_or_else(none_yet)
}

fn none_yet() -> ApiError {
    ApiError::new(ErrorKind::NotFound, "this data directory has no identity yet")
        .hint("dataforge init NAME makes one, dataforge join TICKET too")
}
