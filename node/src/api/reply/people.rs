//! Replies about people: devices, and what counts of what they wrote.

use serde::{Deserialize, Serialize};

/// An entry that was written, mostly a membership op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WroteReply {
    /// Its id.
    pub entry: String,
    /// What it does, for people.
    pub message: String,
}

/// Whom and what an act would concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernedReply {
    /// Person id.
    pub person_id: String,
    /// Display name.
    pub name: String,
    /// Role, `none` when no member.
    pub role: String,
    /// Four words to compare by voice.
    pub fingerprint: String,
    /// Whether it is this person.
    pub this_person: bool,
    /// The devices.
    pub devices: Vec<DeviceReport>,
    /// Blobs that only these devices say they hold: not this one, nor anybody else's.
    #[serde(default)]
    pub only_theirs: u64,
}

/// A device and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Device id.
    pub device_id: String,
    /// Label.
    pub label: String,
    /// Its person.
    pub person_id: String,
    /// Their name.
    pub person: String,
    /// Whether it is this device.
    pub this_device: bool,
    /// `live`, `revoked`, or `ended` when its person is no member, or not with this device.
    pub state: String,
    /// When it came, by the clock of whoever wrote so, RFC 3339 UTC.
    pub since: String,
    /// Entries of it that count.
    pub entries: u64,
    /// Entries of it that are set aside.
    pub set_aside: u64,
    /// Its newest entry, by its own clock.
    pub last_entry: Option<String>,
    /// When this node last exchanged with it.
    pub last_contact: Option<String>,
}

/// A device that wrote nothing yet that knows of a restriction: work that is cut off may still come
/// from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnawareInfo {
    /// The removal, demotion or revocation.
    pub op: OpInfo,
    /// The device.
    pub device_id: String,
    /// Its person and label.
    pub device: String,
    /// Days since the op came here.
    pub days: u64,
}

/// A membership op that an answer speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpInfo {
    /// Its id.
    pub id: String,
    /// What it says, e.g. `removed Bob`.
    pub what: String,
    /// Who wrote it.
    pub by: String,
    /// When, by their clock.
    pub claimed: String,
}

/// Late work of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateInfo {
    /// Device id.
    pub device_id: String,
    /// Its label.
    pub label: String,
    /// Its person.
    pub person_id: String,
    /// Their name.
    pub person: String,
    /// What leaves the work out.
    pub restrictions: Vec<OpInfo>,
    /// Entries in all.
    pub entries: u64,
    /// The first of them, by the device's clock.
    pub first: String,
    /// The last.
    pub last: String,
    /// Wells, runs and attachments they change, as far as they can be named.
    pub documents: Vec<String>,
    /// The entries in the order of the chain, the first thousand.
    pub work: Vec<LateEntry>,
}

/// An entry of late work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateEntry {
    /// Its id.
    pub id: String,
    /// When it was written, by its device's clock.
    pub claimed: String,
    /// What it does.
    pub summary: String,
}

/// Late work that was brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedReply {
    /// The ops that bring it in.
    pub ops: Vec<String>,
    /// Entries that count now and did not before.
    pub entries: u64,
    /// Wells, runs and attachments that changed, as far as they can be named.
    pub documents: Vec<String>,
    /// What still does not count of it, with why.
    pub left: Vec<(String, String)>,
}

/// Why entries count or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainReply {
    /// What was asked about.
    pub target: String,
    /// Its entries, the newest first; one when an entry was asked about.
    pub entries: Vec<ExplainedEntry>,
    /// Older entries that are not listed.
    pub more: u64,
}

/// An entry and why it counts or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedEntry {
    /// Its id.
    pub id: String,
    /// What it does.
    pub summary: String,
    /// Its person and device.
    pub author: String,
    /// When it was written, by its device's clock.
    pub claimed: String,
    /// When it came here.
    pub received: String,
    /// The outcome: `accepted`, `excluded`, `inert` or `unreadable`; of an op `in effect` or `void`.
    pub outcome: String,
    /// Why, for people.
    pub why: String,
    /// The ops that decide it.
    pub ops: Vec<OpInfo>,
    /// What can be done about it.
    pub hint: Option<String>,
}

/// A device that signed two entries for one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkInfo {
    /// Device id.
    pub device_id: String,
    /// Its person and label.
    pub device: String,
    /// Whether it is this device.
    pub this_device: bool,
    /// The lowest such position.
    pub seq: u64,
    /// What it signed for it.
    pub branches: Vec<BranchInfo>,
}

/// A branch of a fork.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchInfo {
    /// The entry at the forked position.
    pub entry: String,
    /// What it does.
    pub summary: String,
    /// When it was written, by its device's clock.
    pub claimed: String,
    /// When it came here.
    pub received: String,
    /// Entries on the branch.
    pub entries: u64,
    /// Those that count.
    pub counted: u64,
    /// Other people whose entries build upon it.
    pub builders: Vec<String>,
    /// Whether it is the branch that stays.
    pub stays: bool,
}

/// A ticket by which a person adds another machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTicketReply {
    /// The ticket's text.
    pub ticket: String,
    /// Workspace name.
    pub workspace: String,
    /// Whose machine it adds.
    pub person: String,
    /// Their four words.
    pub fingerprint: String,
    /// Four words of the ticket that `device link` shows too.
    #[serde(default)]
    pub words: String,
    /// Not after, RFC 3339 UTC.
    pub expires: String,
    /// Addresses in it.
    pub addresses: Vec<String>,
    /// Whether this process listens, so that it can be used now.
    pub listening: bool,
}

/// A machine that was added to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedReply {
    /// The workspace.
    pub workspace: super::WorkspaceInfo,
    /// The person.
    pub person: String,
    /// Their four words.
    pub fingerprint: String,
    /// This device.
    pub device_id: String,
    /// Its label.
    pub label: String,
}

/// Open invites, and who asked by one that needs approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitesReply {
    /// Invites that were not ended, the newest first.
    pub invites: Vec<InviteInfo>,
    /// People who wait for approval.
    pub pending: Vec<PendingInfo>,
}

/// An invite that was not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteInfo {
    /// Its id.
    pub invite: String,
    /// How it is redeemed: `handed`, `approval` or `open`.
    pub form: String,
    /// Role it gives.
    pub role: String,
    /// How often it was used.
    pub used: u64,
    /// How often it may be.
    pub uses: u32,
    /// Not after, RFC 3339 UTC.
    pub expires: String,
    /// Whether that time has passed, by this node's clock.
    pub expired: bool,
    /// Who invites.
    pub by: String,
    /// Whether its tickets are redeemed on this device.
    pub this_device: bool,
}

/// Somebody who waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingInfo {
    /// Person id.
    pub person_id: String,
    /// The name they give themselves.
    pub name: String,
    /// Four words to compare by voice.
    pub fingerprint: String,
    /// Label of their device.
    pub device: String,
    /// The invite they used.
    pub invite: String,
    /// The role it gives.
    pub role: String,
    /// When they asked.
    pub asked: String,
}
