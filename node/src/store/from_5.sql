-- Version 6 keeps a log of exchanges with peers and remembers bundles.

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

CREATE TABLE IF NOT EXISTS bundles (
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
CREATE INDEX IF NOT EXISTS bundles_by_device ON bundles (workspace, device, made_ms);

-- What is kept aside, added up when a device that is no member's hands in work.
CREATE INDEX IF NOT EXISTS entries_aside ON entries (workspace, device, length(header) + length(body)) WHERE outcome IN (1, 3);
