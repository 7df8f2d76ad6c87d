-- The truth (`entries`), and what only this node knows. `derived.sql` follows from the first.

CREATE TABLE workspaces (
    id       BLOB PRIMARY KEY,          -- id of the genesis entry
    name     TEXT NOT NULL,
    added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    position    INTEGER PRIMARY KEY,    -- order of settling: a causal order within each workspace
    workspace   BLOB NOT NULL,
    id          BLOB NOT NULL UNIQUE,   -- BLAKE3 of header
    device      BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    kind        INTEGER NOT NULL,       -- 0 op, 1 open, 2 change
    doc         BLOB,
    header      BLOB NOT NULL,          -- as received, never re-encoded
    signature   BLOB NOT NULL,
    body        BLOB NOT NULL,
    outcome     INTEGER NOT NULL,       -- 0 accepted, 1 excluded, 2 inert, 3 unreadable
    reason      TEXT,                   -- why it is inert
    claimed_ms  INTEGER NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX entries_by_workspace ON entries (workspace, position);
CREATE INDEX entries_by_document ON entries (workspace, doc, position);
-- What does not count, or cannot be read: few, and added up when a removed device hands in work.
CREATE INDEX entries_aside ON entries (workspace, device, length(header) + length(body)) WHERE outcome IN (1, 3);

-- Blobs that are durable here: written after their files and directory were synced.
CREATE TABLE have (
    hash     BLOB PRIMARY KEY,
    size     INTEGER NOT NULL,
    added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For which workspaces blobs of `have` are held: what came here for one is nothing that the members of
-- another may have. A blob stays on the disk for as long as it is held for any.
CREATE TABLE held_for (
    hash      BLOB NOT NULL,
    workspace BLOB NOT NULL,
    PRIMARY KEY (hash, workspace)
) STRICT, WITHOUT ROWID;

-- For which workspace parts came of a blob that is not on the disk as a whole: for another one they do
-- not count.
CREATE TABLE begun_for (
    hash      BLOB PRIMARY KEY,
    workspace BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Blobs that came in since the node was last stopped in order, the newest of them: when there are any
-- at a start, it was not, and they are hashed again.
CREATE TABLE recent (
    number INTEGER PRIMARY KEY,         -- order of coming in
    hash   BLOB NOT NULL,
    size   INTEGER NOT NULL
) STRICT;

-- Verdicts on tables; those that were made here are good by birth.
CREATE TABLE checks (
    blob     BLOB NOT NULL,
    expected BLOB NOT NULL,             -- id of what it should hold
    refused  TEXT,                      -- why it is not that; null when it is
    PRIMARY KEY (blob, expected)
) STRICT, WITHOUT ROWID;

-- Secrets of the tickets this device redeems.
CREATE TABLE invites (
    invite    BLOB PRIMARY KEY,         -- entry id of the invite op
    workspace BLOB NOT NULL,
    secret    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Tickets by which a person adds another device, through this one.
CREATE TABLE device_tickets (
    ticket     BLOB PRIMARY KEY,        -- a random id that names no op
    workspace  BLOB NOT NULL,
    secret     BLOB NOT NULL,
    person     BLOB NOT NULL,           -- whose device it adds
    expires_ms INTEGER NOT NULL,
    redeemed   BLOB                     -- the device that used it; it may ask again, others may not
) STRICT, WITHOUT ROWID;

-- Who asked to be let in by an invite with approval.
CREATE TABLE requests (
    invite    BLOB NOT NULL,
    person    BLOB NOT NULL,
    workspace BLOB NOT NULL,
    body      BLOB NOT NULL,            -- the person with the device that asked, in postcard
    asked_ms  INTEGER NOT NULL,
    PRIMARY KEY (invite, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE peers (
    device       BLOB PRIMARY KEY,
    addresses    TEXT NOT NULL,         -- JSON array of socket addresses
    last_seen_ms INTEGER,
    last_error   TEXT
) STRICT, WITHOUT ROWID;

-- How far a peer holds this device's chain, by its own word.
CREATE TABLE peer_levels (
    workspace BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (workspace, device)
) STRICT, WITHOUT ROWID;

-- What was exported from here: files leave the workspace, so it should be known which and when.
CREATE TABLE exports (
    id          INTEGER PRIMARY KEY,
    workspace   BLOB NOT NULL,
    exported_ms INTEGER NOT NULL,
    what        TEXT NOT NULL,          -- the well, run or attachment, as it was called
    doc         BLOB,                   -- its document; null for a whole workspace
    format      TEXT NOT NULL,
    file        TEXT NOT NULL,          -- as the client named it; empty when it went to a pipe
    bytes       INTEGER NOT NULL,
    hash        BLOB NOT NULL           -- BLAKE3 of what was written
) STRICT;
CREATE INDEX exports_by_workspace ON exports (workspace, exported_ms);

-- What this device gave to others: one row for each device and blob.
CREATE TABLE accesses (
    device   BLOB NOT NULL,
    hash     BLOB NOT NULL,             -- empty for requests that were refused: they name what the peer likes
    first_ms INTEGER NOT NULL,
    last_ms  INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,          -- of the blob, sent; proofs are not counted
    PRIMARY KEY (device, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX accesses_by_time ON accesses (last_ms);

-- What people said about keeping data here: a well, run, project or attachment, or the whole workspace
-- under its own id.
CREATE TABLE marks (
    workspace BLOB NOT NULL,
    doc       BLOB NOT NULL,
    mark      TEXT NOT NULL,            -- pin: always kept; star: a favourite
    since_ms  INTEGER NOT NULL,
    PRIMARY KEY (workspace, doc, mark)
) STRICT, WITHOUT ROWID;

-- What a workspace's blobs are held by, where that is not the setting `cache.policy`.
CREATE TABLE policies (
    workspace BLOB PRIMARY KEY,
    policy    TEXT NOT NULL             -- mirror, follow, demand
) STRICT, WITHOUT ROWID;

-- Blobs that were asked for by name, and those that could not be fetched.
CREATE TABLE transfers (
    workspace  BLOB NOT NULL,
    hash       BLOB NOT NULL,
    asked_ms   INTEGER,                 -- when somebody asked for it; null when it follows from the policy
    attempts   INTEGER NOT NULL,        -- that failed, since the last that did not
    next_ms    INTEGER NOT NULL,        -- not before
    last_error TEXT,
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;

-- What is not fetched until somebody says so.
CREATE TABLE pauses (
    kind TEXT NOT NULL,                 -- workspace, device, blob
    id   BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- When blobs were read here, and how often. Written once a second.
CREATE TABLE uses (
    hash    BLOB PRIMARY KEY,
    last_ms INTEGER NOT NULL,
    count   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Blobs of which parts are here, because somebody read these.
CREATE TABLE partials (
    hash    BLOB PRIMARY KEY,
    bytes   INTEGER NOT NULL,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What devices say that they hold, the latest of each as signed.
CREATE TABLE holdings (
    workspace   BLOB NOT NULL,
    device      BLOB NOT NULL,
    counter     INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    signature   BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, device)
) STRICT, WITHOUT ROWID;

-- Blobs that this device promised others not to give up for now.
CREATE TABLE leases (
    hash       BLOB NOT NULL,
    device     BLOB NOT NULL,           -- to which it was promised
    granted_ms INTEGER NOT NULL,
    PRIMARY KEY (hash, device)
) STRICT, WITHOUT ROWID;

-- Held blobs that nothing needs any more, and how long that has been seen.
CREATE TABLE garbage (
    hash   BLOB PRIMARY KEY,
    age_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Times of what is done now and then.
CREATE TABLE chores (
    chore   TEXT PRIMARY KEY,
    last_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Bundles that were made or taken here: what each said of who holds what.
CREATE TABLE bundles (
    id        BLOB PRIMARY KEY,         -- hash of its manifest
    workspace BLOB NOT NULL,
    device    BLOB NOT NULL,            -- whose it is
    made_ms   INTEGER NOT NULL,         -- by that device's clock
    noted_ms  INTEGER NOT NULL,         -- when it was made or taken here
    base      BLOB,                     -- the bundle it goes on from
    tips      BLOB NOT NULL,            -- ends of the chains its device held; this and the rest in postcard
    wants     BLOB,                     -- blobs its device lacked and wanted, as in a holding; null when not told
    blobs     BLOB NOT NULL,            -- blobs that are in it, the same way
    entries   BLOB,                     -- its entries but for ops, by places in the order of settling
    readers   BLOB                      -- of an own one that is encrypted: devices that can read it
) STRICT, WITHOUT ROWID;
CREATE INDEX bundles_by_device ON bundles (workspace, device, made_ms);

-- Where this database was made: a copy is told from the original by it.
CREATE TABLE place (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    inode   INTEGER NOT NULL,
    born_ns INTEGER NOT NULL
) STRICT;

-- The sync log: sessions with peers, and bundles that came or went. The oldest go when there are many.
CREATE TABLE exchanges (
    id          INTEGER PRIMARY KEY,
    workspace   BLOB NOT NULL,
    device      BLOB NOT NULL,          -- the other side; of a bundle who made it
    direction   TEXT NOT NULL,          -- out: this side dialled, or wrote the bundle; in: the other side did
    path        TEXT NOT NULL,          -- direct, relay, bundle
    begun_ms    INTEGER NOT NULL,
    ended_ms    INTEGER,                -- null while it is open
    entries_in  INTEGER NOT NULL,
    entries_out INTEGER NOT NULL,
    blobs_in    INTEGER NOT NULL,
    blobs_out   INTEGER NOT NULL,
    bytes_in    INTEGER NOT NULL,       -- of blobs
    bytes_out   INTEGER NOT NULL,
    reason      TEXT                    -- why it ended
) STRICT;
CREATE INDEX exchanges_by_device ON exchanges (device, id);

-- Changes of this device that undo another one, or redo what was undone.
CREATE TABLE undone (
    workspace BLOB NOT NULL,
    entry     BLOB NOT NULL,            -- the undo
    undoes    BLOB NOT NULL,            -- the change or undo that it takes back
    PRIMARY KEY (workspace, entry)
) STRICT, WITHOUT ROWID;

-- Workspaces that were joined here and of which not all has come that somebody had: until then peers are
-- not slowed.
CREATE TABLE joining (
    workspace BLOB PRIMARY KEY,
    host      BLOB NOT NULL             -- the device that let this one in
) STRICT, WITHOUT ROWID;
