//! Files that people hand to each other: an identity, and a recovery that waits for signatures.
//!
//! Text, so that a mail or a stick carries it as it is: a first line that says what it is, then
//! lower-case base32 of the content in postcard and a checksum that covers the first line too. There
//! is nothing secret in either. The checksum is against damage; what a file says is trusted as far
//! as signatures in it verify, and no further.

use data_encoding::BASE32_NOPAD;
use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::{sign_recovery, verify_recovery};
use crate::limits;
use crate::op::{Person, Proof, Recover, is_name, is_person};

/// Version of both kinds of files.
const VERSION: &str = "1";
/// Characters of a line.
const LINE: usize = 72;
/// Bytes of the checksum.
const CHECKSUM: usize = 16;
/// Characters of a file: a recovery of 16 owners with 16 devices each is below half of it.
pub const MAX_HANDED_CHARS: usize = 1 << 20;

/// Why a text is no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandedError {
    /// It does not start like one.
    #[error("this is no {0} file of DataForge")]
    NotOurs(&'static str),
    /// It is one of the other kind.
    #[error("a file of kind {wanted} is wanted, and this is one of kind {found}")]
    OtherKind {
        /// What it is.
        found: &'static str,
        /// What was to be read.
        wanted: &'static str,
    },
    /// A newer program made it.
    #[error("a newer version of DataForge made this {0} file")]
    Newer(&'static str),
    /// Characters are missing, added or wrong, or what it holds is out of bounds.
    #[error("the {0} file is damaged or cut off: have it sent again")]
    Damaged(&'static str),
}

/// A kind of file, by the word in its first line.
trait Handed: Serialize + for<'a> Deserialize<'a> {
    const WORD: &'static str;

    fn is_bounded(&self) -> bool;
}

/// The words of all kinds.
const WORDS: [&str; 2] = [IdentityFile::WORD, RecoveryDraft::WORD];

fn first_line(word: &str) -> String {
    format!("dataforge {word} {VERSION}")
}

fn checksum(first: &str, content: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    let hash = hasher.update(first.as_bytes()).update(b"\n").update(content).finalize();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(hash.as_bytes().get(..CHECKSUM).unwrap_or_default());
    sum
}

fn write<T: Handed>(value: &T) -> String {
    let first = first_line(T::WORD);
    let mut content = postcard::to_stdvec(value).expect("what is handed over has no unserialisable part");
    let sum = checksum(&first, &content);
    content.extend_from_slice(&sum);
    let encoded = BASE32_NOPAD.encode(&content).to_ascii_lowercase();
    let mut text = first;
    for (at, character) in encoded.chars().enumerate() {
        if at % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text
}

fn read<T: Handed>(text: &str) -> Result<T, HandedError> {
    let (word, damaged) = (T::WORD, || HandedError::Damaged(T::WORD));
    let not_ours = || HandedError::NotOurs(word);
    // Editors put a mark of the encoding before a text, mail programs empty lines.
    let text = text.trim_start_matches('\u{feff}').trim();
    let (first, rest) = text.split_once(['\n', '\r']).ok_or_else(not_ours)?;
    let mut parts = first.split_whitespace();
    let (ours, found, version) = (parts.next(), parts.next(), parts.next());
    let found = WORDS.into_iter().find(|known| Some(*known) == found).filter(|_| ours == Some("dataforge"));
    let found = found.filter(|_| parts.next().is_none()).ok_or_else(not_ours)?;
    if found != word {
        return Err(HandedError::OtherKind { found, wanted: word });
    }
    match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(1) => {}
        Some(2..) => return Err(HandedError::Newer(word)),
        _ => return Err(not_ours()),
    }
    if text.len() > MAX_HANDED_CHARS {
        return Err(damaged());
    }
    let encoded: String = rest.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let bytes = BASE32_NOPAD.decode(encoded.as_bytes()).map_err(|_error| damaged())?;
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(damaged)?;
    if checksum(&first_line(word), content) != *sum {
        return Err(damaged());
    }
    let value: T = postcard::from_bytes(content).map_err(|_error| damaged())?;
    let again = postcard::to_stdvec(&value).map_err(|_error| damaged())?;
    if value.is_bounded() && again == content { Ok(value) } else { Err(damaged()) }
}

/// Who somebody is, for another to name them as owner of a workspace that is to be made: their key
/// and name, and their devices with the certificates. It proves that key and devices belong together;
/// that the name is theirs has to be compared by voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityFile {
    /// The person.
    pub person: Person,
}

impl Handed for IdentityFile {
    const WORD: &'static str = "identity";

    fn is_bounded(&self) -> bool {
        is_person(&self.person)
    }
}

impl IdentityFile {
    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        write(self)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`HandedError`]; of a certificate that does not verify, `Damaged`.
    pub fn from_text(text: &str) -> Result<Self, HandedError> {
        read(text)
    }
}

/// A recovery that owners of the genesis sign before it is written: by the device that drafted it,
/// since the digest names that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryDraft {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// The device that drafted it.
    pub device: DeviceId,
    /// The membership heads it knows, sorted; the parents of the op.
    pub parents: Vec<EntryId>,
    /// The recovery, with the proofs given so far.
    pub recover: Recover,
}

/// Two drafts are not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are drafts of different recoveries")]
pub struct OtherDraft;

impl Handed for RecoveryDraft {
    const WORD: &'static str = "recovery";

    fn is_bounded(&self) -> bool {
        let pairs = self.parents.iter().zip(self.parents.iter().skip(1));
        is_name(&self.workspace_name)
            && (1..=limits::MAX_MHEADS).contains(&self.parents.len())
            && pairs.into_iter().all(|(a, b)| a < b)
            && self.recover.is_draft()
    }
}

impl RecoveryDraft {
    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        write(self)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`HandedError`].
    pub fn from_text(text: &str) -> Result<Self, HandedError> {
        read(text)
    }

    /// Returns what its proofs sign.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.recover.digest(self.workspace, self.device, &self.parents)
    }

    /// Returns whose proofs verify, and whose do not: these signed something else, or the draft was
    /// changed since.
    #[must_use]
    pub fn signers(&self) -> (Vec<PersonId>, Vec<PersonId>) {
        let digest = self.digest();
        let keys = |good: bool| {
            let proofs = self.recover.proofs.iter();
            let found = proofs.filter(|proof| verify_recovery(&proof.key, &digest, &proof.signature).is_ok() == good);
            found.map(|proof| proof.key).collect()
        };
        (keys(true), keys(false))
    }

    /// Signs it with a person's key; a proof of theirs that is there gives way.
    pub fn sign(&mut self, person: &SecretKey) {
        let key = PersonId(*person.public().as_bytes());
        let signature = sign_recovery(person, &self.digest());
        self.recover.proofs.retain(|proof| proof.key != key);
        self.add(Proof { key, signature });
    }

    /// Takes over the proofs of another copy that verify.
    ///
    /// # Errors
    /// [`OtherDraft`] when it is no copy of this one.
    pub fn merge(&mut self, other: &Self) -> Result<(), OtherDraft> {
        if self.digest() != other.digest() {
            return Err(OtherDraft);
        }
        let (here, _) = self.signers();
        let (there, _) = other.signers();
        for proof in &other.recover.proofs {
            if there.contains(&proof.key) && !here.contains(&proof.key) {
                self.recover.proofs.retain(|known| known.key != proof.key);
                self.add(*proof);
            }
        }
        Ok(())
    }

    fn add(&mut self, proof: Proof) {
        self.recover.proofs.push(proof);
        self.recover.proofs.sort_by_key(|proof| proof.key);
    }
}

#[cfg(test)]
mod tests;
