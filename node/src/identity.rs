//! This device's identity: its key, and the certificate that ties it to a person.
//!
//! The device's key is on disk, plain or sealed by a passphrase. The person's key is made from the
//! recovery phrase, used once to certify the device, and kept nowhere.

pub(crate) mod files;

use std::path::Path;

use dataforge_protocol::id::{DeviceId, PersonId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::op::{AddDevice, Op, Person, is_name};
use iroh::SecretKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(crate) use self::files::KeyFile;
use crate::api::{ApiError, ErrorKind};
use crate::clock::random_bytes;
use crate::key::Access;
use crate::seal::Seal;

/// Who this device is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The device's secret key, which is also its network key.
    pub(crate) secret: SecretKey,
    /// What others know of it.
    pub(crate) public: PublicIdentity,
    /// What its file is sealed by, if it is.
    pub(crate) seal: Option<Seal>,
}

/// The part of the identity that is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicIdentity {
    /// The person with this device's certificate, as membership ops introduce them.
    pub(crate) person: Person,
    /// Public half of the recovery key, named in workspaces this person starts.
    pub(crate) recovery: PersonId,
}

impl PublicIdentity {
    /// Returns the device it certifies.
    #[must_use]
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.person.devices.first().map(|(cert, _)| cert.device)
    }

    fn certifies(&self, device: &DeviceId) -> bool {
        self.person.devices.iter().any(|(cert, _)| cert.device == *device && cert.verify().is_ok())
    }
}

impl Identity {
    /// Makes an identity and stores it; returns it with the phrase, which is stored nowhere.
    ///
    /// # Errors
    /// `Usage` when a name cannot be used, `Storage` when the files cannot be written.
    pub(crate) fn create(dir: &Path, name: &str, label: &str) -> Result<(Self, Phrase), ApiError> {
        let phrase = Phrase::from_entropy(random_bytes()?);
        Ok((Self::from_phrase(dir, &phrase, (name, label), None)?, phrase))
    }

    /// Makes the identity of another device of a person from their phrase and stores it, with a seal
    /// when there is one.
    ///
    /// # Errors
    /// As [`Identity::create`].
    pub(crate) fn from_phrase(
        dir: &Path,
        phrase: &Phrase,
        (name, label): (&str, &str),
        seal: Option<Seal>,
    ) -> Result<Self, ApiError> {
        for text in [name, label] {
            if !is_name(text) {
                return Err(ApiError::new(ErrorKind::Usage, format!("{text:?} cannot be used as a name"))
                    .hint("use 1 to 120 characters without control characters"));
            }
        }
        let secret = SecretKey::from_bytes(&Zeroizing::new(random_bytes()?));
        let person_key = phrase.person_key();
        let cert = DeviceCert::sign(&person_key, &secret);
        let person = Person { id: cert.person, name: name.to_owned(), devices: vec![(cert, label.to_owned())] };
        let recovery = PersonId(*phrase.recovery_key().public().as_bytes());
        let identity = Self { secret, public: PublicIdentity { person, recovery }, seal };
        let bytes = Zeroizing::new(identity.secret.to_bytes());
        files::write(dir, &identity.public, &bytes, identity.seal.as_ref())?;
        Ok(identity)
    }

    /// Reads the identity of a data directory; `None` when it has none yet.
    ///
    /// # Errors
    /// `Sealed` when the key is sealed and no passphrase, or another one, is given, `Damaged` when the
    /// files contradict each other, `Input` when a later version sealed it, `Storage` when they cannot
    /// be read.
    pub(crate) fn read(dir: &Path, access: Access<'_>) -> Result<Option<Self>, ApiError> {
        let Some(file) = files::read_key(dir)? else { return Ok(None) };
        let (secret, seal) = match (file, access) {
            (KeyFile::Plain(secret), _) => (secret, None),
            (KeyFile::Sealed(sealed), Access::Passphrase(passphrase)) => {
                let (secret, seal) = sealed.open(&passphrase.0).map_err(|error| files::told(dir, error))?;
                (secret, Some(seal))
            }
            (KeyFile::Sealed(_), Access::Plain | Access::WithoutKey) => return Err(files::sealed(dir)),
        };
        let secret = SecretKey::from_bytes(&secret);
        let public = files::read_public_of(dir, &device_id(&secret))?;
        Ok(Some(Self { secret, public, seal }))
    }

    /// Puts another seal on the key file, or none.
    ///
    /// # Errors
    /// `Storage`; file and identity are then as before.
    pub(crate) fn replace_seal(&mut self, dir: &Path, seal: Option<Seal>) -> Result<(), ApiError> {
        files::write_key(dir, &Zeroizing::new(self.secret.to_bytes()), seal.as_ref())?;
        self.seal = seal;
        Ok(())
    }

    /// Returns the op that brings this device's certificate into a workspace, and its label.
    ///
    /// # Errors
    /// `Damaged` when the identity has no certificate of this device.
    pub(crate) fn certifying(&self) -> Result<(Op, String), ApiError> {
        let own = self.device();
        let certificate = self.public.person.devices.iter().find(|(cert, _)| cert.device == own);
        let (cert, label) = certificate
            .cloned()
            .ok_or_else(|| ApiError::new(ErrorKind::Damaged, "the identity has no certificate of this device"))?;
        Ok((Op::AddDevice(AddDevice { cert, label: label.clone() }), label))
    }

    /// Returns this device's id.
    #[must_use]
    pub(crate) fn device(&self) -> DeviceId {
        device_id(&self.secret)
    }
}

#[cfg(test)]
mod tests;
