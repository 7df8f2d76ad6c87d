//! Members and invites in words, and what an act about them brings.

use dataforge_node::api::{ConcernedReply, InviteInfo, MemberInfo};

use crate::format;
use crate::view::team::role::rank;
use crate::view::team::{time, time_or};
use crate::widget::table::Row;

pub(super) fn member_row(member: &MemberInfo) -> Row {
    let labels: Vec<&str> = member.devices.iter().map(|device| device.label.as_str()).collect();
    let devices = labels.join(", ");
    let name = if member.this_person { format!("{} (you)", member.name) } else { member.name.clone() };
    let count = format::counted(labels.len() as u64, "device");
    Row {
        name: format!("Member {name}, {}, {count}", member.role),
        more: format!("{name}, {}\n{devices}\nwords {}\nid {}", member.role, member.fingerprint, member.person_id),
        cells: vec![name, member.role.clone(), devices, member.fingerprint.clone()],
        weak: false,
    }
}

/// Returns what the removal of somebody brings.
pub(super) fn removing_lines(reply: &ConcernedReply) -> Vec<String> {
    let mut lines = vec![
        format!("{} is {} here; their words are {}.", reply.name, reply.role, reply.fingerprint),
        "What they wrote and is here stays. What they write from now on, or wrote and did not hand over yet, is \
         late work: it does not count until an admin brings it in."
            .to_owned(),
        "Their devices lose their connections at once, and keep what they hold.".to_owned(),
    ];
    for device in &reply.devices {
        lines.push(format!(
            "{}: {}, last met {}",
            device.label,
            entries(device.entries),
            time_or(device.last_contact.as_deref(), "never")
        ));
    }
    if reply.only_theirs > 0 {
        let blobs = format::counted(reply.only_theirs, "blob");
        lines.push(format!("Only their devices say they hold {blobs}: sync with them first, or these are lost."));
    }
    lines
}

/// Returns how many entries count.
fn entries(number: u64) -> String {
    format!("{} that count", format::counted(number, "entry"))
}

/// Returns what leaving brings.
pub(super) fn leaving_lines(reply: &ConcernedReply) -> Vec<String> {
    let mut lines = vec![
        "Your devices are no members any more; others do not give them anything from then on.".to_owned(),
        "What you wrote stays. What is held here stays on this machine.".to_owned(),
    ];
    if reply.only_theirs > 0 {
        let blobs = format::counted(reply.only_theirs, "blob");
        lines.push(format!("Only other devices of yours say they hold {blobs}."));
    }
    lines
}

/// Returns what handing the workspace over brings.
pub(super) fn transfer_lines(name: &str, keep: &str) -> Vec<String> {
    vec![format!("{name} becomes owner, and you {keep}."), "Only they can give it back to you.".to_owned()]
}

/// Returns what another role brings.
pub(super) fn role_lines(member: &MemberInfo, role: &str) -> Vec<String> {
    let mut lines = vec![format!("{} is {} now.", member.name, member.role)];
    lines.push(
        match role {
            "viewer" => "A viewer reads everything and changes nothing.",
            "editor" => "An editor imports and edits, and decides conflicts.",
            "admin" => "An admin also deletes, restores, invites, and removes editors and viewers.",
            _ => "An owner may do everything, and cannot be removed by another owner.",
        }
        .to_owned(),
    );
    // Whoever still may write keeps what they wrote.
    if rank(role) < rank("editor") && rank(role) < rank(&member.role) {
        lines.push("What they wrote with their old role and did not hand over yet becomes late work.".to_owned());
    }
    lines
}

/// Returns an open invite in words.
pub(super) fn invite_line(invite: &InviteInfo) -> String {
    let form = match invite.form.as_str() {
        "handed" => "redeemed by this ticket only",
        "approval" => "with approval",
        _ => "open to whoever has it",
    };
    let until = if invite.expired { "expired" } else { "valid until" };
    format!(
        "{}, as {}, {form}, used {} of {}, {until} {}, by {}",
        format::short_id(&invite.invite),
        invite.role,
        invite.used,
        invite.uses,
        time(&invite.expires),
        invite.by
    )
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{ConcernedReply, DeviceInfo, DeviceReport, InviteInfo, MemberInfo};

    use super::{invite_line, member_row, removing_lines, role_lines};

    fn member(role: &str, this_person: bool) -> MemberInfo {
        let device = DeviceInfo { device_id: "d1".into(), label: "truck".into(), this_device: this_person };
        MemberInfo {
            person_id: "p1".into(),
            name: "Bob".into(),
            role: role.into(),
            fingerprint: "one-two-three-four".into(),
            this_person,
            devices: vec![device],
        }
    }

    fn concerned(only_theirs: u64) -> ConcernedReply {
        let device = DeviceReport {
            device_id: "d1".into(),
            label: "truck".into(),
            person_id: "p1".into(),
            person: "Bob".into(),
            this_device: false,
            state: "live".into(),
            since: String::new(),
            entries: 12,
            set_aside: 0,
            last_entry: None,
            last_contact: None,
        };
        ConcernedReply {
            person_id: "p1".into(),
            name: "Bob".into(),
            role: "editor".into(),
            fingerprint: "one-two-three-four".into(),
            this_person: false,
            devices: vec![device],
            only_theirs,
        }
    }

    #[test]
    fn a_row_names_role_devices_and_oneself() {
        assert_eq!(member_row(&member("admin", false)).name, "Member Bob, admin, 1 device");
        assert_eq!(member_row(&member("admin", true)).name, "Member Bob (you), admin, 1 device");
    }

    #[test]
    fn a_removal_says_what_only_their_devices_hold_and_what_becomes_late() {
        let lines = removing_lines(&concerned(3)).join("\n");
        assert!(lines.contains("late work") && lines.contains("3 blobs"), "{lines}");
        assert!(lines.contains("truck: 12 entries that count, last met never"), "{lines}");
        assert!(!removing_lines(&concerned(0)).join("\n").contains("lost"));
    }

    #[test]
    fn a_lower_role_says_that_work_becomes_late() {
        assert!(role_lines(&member("admin", false), "viewer").join("\n").contains("late work"));
        assert!(!role_lines(&member("admin", false), "editor").join("\n").contains("late work"), "editors write");
        assert!(!role_lines(&member("viewer", false), "admin").join("\n").contains("late work"));
    }

    #[test]
    fn an_invite_says_whether_it_has_expired() {
        let mut invite = InviteInfo {
            invite: "0123456789abcdef".into(),
            form: "approval".into(),
            role: "editor".into(),
            used: 1,
            uses: 5,
            expires: "2026-11-30T10:00:00Z".into(),
            expired: false,
            by: "Ada".into(),
            this_device: true,
        };
        assert!(invite_line(&invite).contains("with approval, used 1 of 5, valid until 2026-11-30 10:00:00 UTC"));
        invite.expired = true;
        assert!(invite_line(&invite).contains("expired 2026"));
    }
}
