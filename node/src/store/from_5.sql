-- Version 6 remembers bundles.

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
