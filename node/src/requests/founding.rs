//! Workspaces with several founding owners: the file by which somebody is named, and making one.

use std::collections::BTreeSet;

use dataforge_protocol::handed::IdentityFile;
use dataforge_protocol::limits::MAX_OWNERS;
use dataforge_protocol::op::Person;
use dataforge_protocol::ticket::fingerprint;

use super::workspace::{self, Founders, ensure_identity};
use crate::api::{ApiError, ErrorKind, FoundingRequest, IdentityReply, PersonInfo, Reply};
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, ask: FoundingRequest) -> Result<Reply, ApiError> {
    match ask {
        FoundingRequest::Identity { person, device } => identity(node, person, device).await,
        FoundingRequest::ReadIdentity { text } => {
            let file = read(&text)?;
            Ok(Reply::Identity(reply(&file, None)))
        }
        FoundingRequest::Workspace { name, person, device, owners, quorum, only_quorum } => {
            let others = owners.iter().map(|text| read(text).map(|file| file.person)).collect::<Result<_, _>>()?;
            let founders = Founders { others, quorum, only_quorum };
            let own = node.with_core(|core| Ok(core.public().ok().map(|own| own.person.clone()))).await?;
            check(&founders, own.as_ref())?;
            workspace::init(node, name, person, device, founders).await
        }
    }
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

fn read(text: &str) -> Result<IdentityFile, ApiError> {
    IdentityFile::from_text(text).map_err(|error| {
        ApiError::from_error(ErrorKind::Input, &error)
            .hint("the other person writes it with dataforge identity export FILE")
    })
}

fn reply(file: &IdentityFile, recovery_words: Option<String>) -> IdentityReply {
    IdentityReply {
        text: file.to_text(),
        person: person_info(&file.person),
        devices: file.person.devices.iter().map(|(_, label)| label.clone()).collect(),
        recovery_words,
    }
}

/// Returns a person as others tell them apart.
pub(super) fn person_info(person: &Person) -> PersonInfo {
    PersonInfo { person_id: person.id.to_string(), name: person.name.clone(), fingerprint: fingerprint(&person.id) }
}

async fn identity(node: &Node, person: Option<String>, device: Option<String>) -> Result<Reply, ApiError> {
    let dir = node.directory().to_owned();
    let made = node.with_core(move |core| {
        if core.locked.is_some() {
            return Ok((core.public()?.person.clone(), None));
        }
        let (identity, words) = ensure_identity(core, &dir, person, device)?;
        Ok((identity.public.person, words))
    });
    let (person, words) = made.await?;
    Ok(Reply::Identity(reply(&IdentityFile { person }, words)))
}

/// Checks what is to be signed for good before an identity or a workspace is made.
fn check(founders: &Founders, own: Option<&Person>) -> Result<(), ApiError> {
    let Founders { others, quorum, only_quorum } = founders;
    let (mut people, mut devices) = (BTreeSet::new(), BTreeSet::new());
    for person in own.into_iter().chain(others) {
        let is_own = own.is_some_and(|own| own.id == person.id);
        if !people.insert(person.id) {
            return Err(match is_own {
                true => usage("one of the identity files is your own", "you are an owner anyway: leave it out"),
                false => usage(format!("{} is named twice", person.name), "name each owner once"),
            });
        }
        if !person.devices.iter().all(|(cert, _)| devices.insert(cert.device)) {
            return Err(usage(
                format!("{} has a device that another owner has too", person.name),
                "each owner exports an identity on a machine of their own",
            ));
        }
    }
    let count = others.len() + 1;
    if count > MAX_OWNERS {
        return Err(usage(format!("{count} owners"), format!("a workspace starts with at most {MAX_OWNERS}")));
    }
    if usize::from(*quorum) > count {
        return Err(usage(
            format!("a quorum of {quorum} cannot be reached by {count} owners"),
            "name more owners with --owner, or a lower --quorum",
        ));
    }
    if *only_quorum && *quorum == 0 {
        return Err(usage(
            "without a quorum and without the words of its founder nobody could recover the workspace",
            "name a quorum with --quorum, or leave --only-quorum out",
        ));
    }
    if *quorum > 0 && others.is_empty() {
        return Err(usage("a quorum of one owner is that owner", "name the others with --owner FILE"));
    }
    Ok(())
}
