//! Columns of people and devices: members, entries, conflicts, and what goes on between nodes.

use super::column::{Column, flag, int, real, text, time};

pub(super) const MEMBERS: &[Column] = &[
    text("person_id", "Id of the person."),
    text("name", "Their name."),
    text("role", "`owner`, `admin`, `editor` or `viewer`."),
    text("device_id", "Id of a device of theirs."),
    text("device", "Its label."),
    flag("self", "Whether it is this device."),
];

pub(super) const DEVICES: &[Column] = &[
    text("device_id", "Id of the device."),
    text("device", "Its label."),
    text("person_id", "Id of its person."),
    text("person", "Name of its person."),
    text("state", "`live`, `revoked`, or `ended` when its person is no member any more."),
    flag("self", "Whether it is this device."),
    int("entries", "Entries of its chain that count."),
    int("set_aside", "Entries of its chain that do not."),
    time("last_entry_at", "When it wrote its last entry, by its clock."),
    time("last_seen_at", "When it was last met from here."),
    time("said_at", "When it last said what it holds, by its clock."),
    time("verified_at", "When it last hashed everything it holds, by its clock."),
];

pub(super) const ENTRIES: &[Column] = &[
    text("entry_id", "Id of the entry."),
    text("device_id", "Id of the device whose chain it is in."),
    int("seq", "Its place in that chain, from 0."),
    text("kind", "`op`, `open` or `change`."),
    text("doc_id", "Id of the document; null for an op."),
    text("status", "The outcome: `accepted`, `excluded`, `inert` or `unreadable`."),
    time("claimed_at", "When it was written, by the device's clock."),
    text("author", "Name of the person."),
    int("position", "Order of settling on this node: a causal order."),
];

pub(super) const CONFLICTS: &[Column] = &[
    text("conflict_id", "Id of the conflict, the same on every node."),
    text("about", "`field`, `deletion`, `filed` or `item`; `wells` or `curves` that may be the same."),
    text("kind", "The kind of field that strategies are chosen for."),
    text("strategy", "The strategy for it."),
    text("document_id", "Id of the document; of curves that of their well."),
    text("document", "What the document is and is called."),
    text("field", "The field; of an item its part and id; of curves the property; of wells why."),
    int("candidate", "Number of a side, by which it is chosen, from 1."),
    text("value", "The value of the side; null when it took it away, or is not about a value."),
    text("edits", "What it wrote where another deleted, apart by `; `."),
    flag("reads", "Whether the side is what reads until somebody decides."),
    flag("removes", "Whether it took away what another edited."),
    text("person_id", "Id of its author."),
    text("person", "Name of its author."),
    text("device_id", "Id of the author's device."),
    text("entry_id", "Id of the entry that carries it."),
    time("claimed_at", "When it was written, by the author's clock."),
];

pub(super) const PEERS: &[Column] = &[
    text("device_id", "Id of the device."),
    text("device", "Its person and label."),
    flag("connected", "Whether it is connected with this node about this workspace."),
    text("path", "How it is reached or was met last: `direct`, `relay` or `bundle`."),
    text("address", "Its address in use."),
    real("latency_ms", "Milliseconds there and back."),
    int("bytes_sent", "Bytes sent to it since this node is up, of all workspaces."),
    int("bytes_received", "Bytes received from it since then."),
    flag("slowed", "Whether what it sends waits, because it sends more than it may."),
    time("last_seen_at", "When it was last met."),
    text("last_error", "Why the last attempt to reach it failed."),
    flag("caught_up", "Whether both have the same entries."),
    int("ahead", "Entries that it lacks."),
    int("behind", "Entries that this node lacks; null when that is not known."),
    int("blobs_ahead", "Blobs that it lacks, by its word."),
    int("blobs_behind", "Blobs that this node lacks."),
];

pub(super) const TRANSFERS: &[Column] = &[
    text("blob", "Hash of the blob."),
    int("bytes", "Its size."),
    int("missing_bytes", "Bytes that have not come yet."),
    text("kind", "`table`, `gridded`, `pyramid`, `source` or `file`."),
    text("name", "What the run or attachment is called."),
    text("state", "`fetching`, `queued`, `retrying`, `waiting` or `paused`."),
    int("priority", "Urgency, 10 the highest."),
    text("giving", "Devices that give it now, apart by `, `."),
    int("attempts", "Attempts that failed in a row."),
    text("last_error", "Why the last one did."),
];
