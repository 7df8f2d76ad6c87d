//! This device's identity: its key, and the certificate that ties it to a person.
//!
//! `keys/device.key` holds the secret (0600), `keys/identity.json` the rest. The person's key is
//! made from the recovery phrase, used once to certify the device, and kept nowhere.

use std::path::Path;

use dataforge_protocol::id::{DeviceId, PersonId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::op::{AddDevice, Op, Person, is_name};
use iroh::SecretKey;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, ErrorKind};
use crate::clock::random_bytes;
use crate::directory::{create_private, storage, write_atomically};

/// Who this device is.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The device's secret key, which is also its network key.
    pub(crate) secret: SecretKey,
    /// What others know of it.
    pub(crate) public: PublicIdentity,
}

/// The part of the identity that is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicIdentity {
    /// The person with this device's certificate, as membership ops introduce them.
    pub(crate) person: Person,
    /// Public half of the recovery key, named in workspaces this person starts.
    pub(crate) recovery: PersonId,
}

impl Identity {
    /// Makes an identity and stores it; returns it with the phrase, which is stored nowhere.
    ///
    /// # Errors
    /// `Usage` when a name cannot be used, `Storage` when the files cannot be written.
    pub(crate) fn create(dir: &Path, name: &str, label: &str) -> Result<(Self, Phrase), ApiError> {
        let phrase = Phrase::from_entropy(random_bytes()?);
        Ok((Self::from_phrase(dir, &phrase, name, label)?, phrase))
    }

    /// Makes the identity of another device of a person from their phrase and stores it.
    ///
    /// # Errors
    /// As [`Identity::create`].
    pub(crate) fn from_phrase(dir: &Path, phrase: &Phrase, name: &str, label: &str) -> Result<Self, ApiError> {
        for text in [name, label] {
            if !is_name(text) {
                return Err(ApiError::new(ErrorKind::Usage, format!("{text:?} cannot be used as a name"))
                    .hint("use 1 to 120 characters without control characters"));
            }
        }
        let secret = SecretKey::from_bytes(&random_bytes()?);
        let person_key = phrase.person_key();
        let cert = DeviceCert::sign(&person_key, &secret);
        let person = Person { id: cert.person, name: name.to_owned(), devices: vec![(cert, label.to_owned())] };
        let recovery = PersonId(*phrase.recovery_key().public().as_bytes());
        let identity = Self { secret, public: PublicIdentity { person, recovery } };
        identity.write(dir)?;
        Ok(identity)
    }

    fn write(&self, dir: &Path) -> Result<(), ApiError> {
        let keys = dir.join("keys");
        create_private(&keys)?;
        let json = serde_json::to_vec_pretty(&self.public).expect("the identity has no unserialisable part");
        write_atomically(&keys.join("identity.json"), &json, true)?;
        let hex = data_encoding::HEXLOWER.encode(&self.secret.to_bytes());
        // The secret last: an identity exists once its key does.
        write_atomically(&keys.join("device.key"), format!("{hex}\n").as_bytes(), true)
    }

    /// Reads the identity of a data directory; `None` when it has none yet.
    ///
    /// # Errors
    /// `Damaged` when the files contradict each other, `Storage` when they cannot be read.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, ApiError> {
        let path = dir.join("keys").join("device.key");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(storage("cannot read", &path, &error)),
        };
        let damaged =
            || ApiError::new(ErrorKind::Damaged, format!("the identity in {} is damaged", dir.join("keys").display()));
        let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).map_err(|_not_hex| damaged())?;
        let secret = SecretKey::from_bytes(&bytes.try_into().map_err(|_length| damaged())?);
        let path = dir.join("keys").join("identity.json");
        let json = std::fs::read(&path).map_err(|error| storage("cannot read", &path, &error))?;
        let public: PublicIdentity = serde_json::from_slice(&json).map_err(|_json| damaged())?;
        let identity = Self { secret, public };
        let certified = identity
            .public
            .person
            .devices
            .iter()
            .any(|(cert, _)| cert.device == identity.device() && cert.verify().is_ok());
        if certified { Ok(Some(identity)) } else { Err(damaged()) }
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
