//! Sealing the key of this device by a passphrase, and taking the seal off.

use crate::api::{ApiError, ErrorKind, KeyRequest, Passphrase, Reply};
use crate::clock::random_bytes;
use crate::core::Core;
use crate::identity::{Identity, files};
use crate::key::{Access, check_new, not_sealed};
use crate::node::Node;
use crate::seal::{Cost, Seal};

pub(super) async fn dispatch(node: &Node, ask: KeyRequest) -> Result<Reply, ApiError> {
    let dir = node.directory().to_owned();
    let reply = node.with_core(move |core| match ask {
        KeyRequest::Status => crate::key::status(&dir).map(Reply::Key),
        KeyRequest::Seal { passphrase, current } => {
            seal(core, &dir, &passphrase, current.as_ref()).map(|message| Reply::Done { message })
        }
        KeyRequest::Unseal { passphrase } => unseal(core, &dir, &passphrase).map(|message| Reply::Done { message }),
    });
    reply.await
}

fn seal(
    core: &mut Core,
    dir: &std::path::Path,
    passphrase: &Passphrase,
    current: Option<&Passphrase>,
) -> Result<String, ApiError> {
    check_new(passphrase)?;
    let was_sealed = core.identity()?.seal.is_some();
    if was_sealed {
        let current = current.ok_or_else(|| {
            ApiError::new(ErrorKind::Usage, "the key is sealed already")
                .hint("to change its passphrase, give the one that it has as well")
        })?;
        prove(core, dir, current)?;
    }
    let mut salt = [0; 16];
    salt.copy_from_slice(&random_bytes()?[..16]);
    let seal = Seal::derive(&passphrase.0, Cost::RECOMMENDED, salt).map_err(|error| files::told(dir, error))?;
    replace(core, dir, Some(seal))?;
    Ok(match was_sealed {
        true => "the key is sealed by the new passphrase".to_owned(),
        false => "the key is sealed: from now on commands ask for the passphrase when no dataforge up runs".to_owned(),
    })
}

fn unseal(core: &mut Core, dir: &std::path::Path, passphrase: &Passphrase) -> Result<String, ApiError> {
    if core.identity()?.seal.is_none() {
        return Err(not_sealed());
    }
    prove(core, dir, passphrase)?;
    replace(core, dir, None)?;
    Ok("the key is not sealed any more: whoever can read the data directory has it".to_owned())
}

/// Checks that a passphrase is that of the file: the key is open here, but whoever asks may be
/// somebody who found the screen unlocked.
fn prove(core: &Core, dir: &std::path::Path, passphrase: &Passphrase) -> Result<(), ApiError> {
    let read = Identity::read(dir, Access::Passphrase(passphrase))?;
    if read.is_some_and(|read| Some(read.device()) == core.device()) {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::Damaged, "the key file is another one than was opened")
        .hint("dataforge down, then look at dataforge key status"))
}

fn replace(core: &mut Core, dir: &std::path::Path, seal: Option<Seal>) -> Result<(), ApiError> {
    let mut identity = core.identity()?.clone();
    identity.replace_seal(dir, seal)?;
    core.identity = Some(identity);
    Ok(())
}
