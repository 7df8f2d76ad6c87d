-- Version 5 keeps what is to be held here and by whom blobs are held.

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
    hash       BLOB PRIMARY KEY,
    asked_ms   INTEGER,                 -- when somebody asked for it; null when it follows from the policy
    attempts   INTEGER NOT NULL,        -- that failed, since the last that did not
    next_ms    INTEGER NOT NULL,        -- not before
    last_error TEXT
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
