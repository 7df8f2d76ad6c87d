-- Version 6 keeps a log of exchanges with peers.

-- The sync log: sessions with peers, and bundles that came or went. The oldest go when there are many.
CREATE TABLE IF NOT EXISTS exchanges (
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
CREATE INDEX IF NOT EXISTS exchanges_by_device ON exchanges (device, id);
