-- Version 1. `entries` is the truth; everything under "derived" can be rebuilt from it.

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

-- Blobs that are durable here: written after their files and directory were synced.
CREATE TABLE have (
    hash     BLOB PRIMARY KEY,
    size     INTEGER NOT NULL,
    added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Secrets of the tickets this device redeems.
CREATE TABLE invites (
    invite    BLOB PRIMARY KEY,         -- entry id of the invite op
    workspace BLOB NOT NULL,
    secret    BLOB NOT NULL
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

-- Derived -------------------------------------------------------------------------------------

-- Blobs that accepted entries refer to.
CREATE TABLE blob_refs (
    workspace BLOB NOT NULL,
    hash      BLOB NOT NULL,
    size      INTEGER NOT NULL,
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_refs_by_hash ON blob_refs (hash);

CREATE TABLE projects (
    workspace   BLOB NOT NULL,
    id          BLOB NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    deleted     INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wells (
    workspace  BLOB NOT NULL,
    id         BLOB NOT NULL,
    name       TEXT NOT NULL,
    uwi        TEXT,
    field      TEXT,
    company    TEXT,
    country    TEXT,
    attributes TEXT NOT NULL,           -- JSON object
    conflicts  TEXT NOT NULL,           -- JSON array of [field, [values]]
    deleted    INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    workspace      BLOB NOT NULL,
    id             BLOB NOT NULL,
    well           BLOB,
    name           TEXT NOT NULL,
    source_name    TEXT NOT NULL,
    source_hash    BLOB NOT NULL,
    source_sha256  BLOB NOT NULL,
    source_bytes   INTEGER NOT NULL,
    blob           BLOB NOT NULL,
    blob_bytes     INTEGER NOT NULL,
    row_count      INTEGER NOT NULL,
    curve_count    INTEGER NOT NULL,
    index_mnemonic TEXT NOT NULL,
    index_column   TEXT NOT NULL,
    index_unit     TEXT NOT NULL,
    index_kind     TEXT NOT NULL,       -- depth, time, other
    to_si          REAL,
    index_min      REAL,
    index_max      REAL,
    step           REAL,
    reader         TEXT NOT NULL,
    conflicts      TEXT NOT NULL,       -- as for wells
    deleted        INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_well ON runs (workspace, well);

CREATE TABLE curves (
    workspace   BLOB NOT NULL,
    run         BLOB NOT NULL,
    ordinal     INTEGER NOT NULL,
    label       TEXT NOT NULL,          -- unique in the run
    mnemonic    TEXT NOT NULL,
    column_name TEXT NOT NULL,
    unit        TEXT NOT NULL,
    description TEXT NOT NULL,
    property    TEXT,
    confidence  INTEGER NOT NULL,
    is_text     INTEGER NOT NULL,
    value_count INTEGER NOT NULL,
    null_count  INTEGER NOT NULL,
    min_value   REAL,
    max_value   REAL,
    top         REAL,
    base        REAL,
    PRIMARY KEY (workspace, run, ordinal)
) STRICT, WITHOUT ROWID;
