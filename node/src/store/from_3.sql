-- Version 4 keeps the blobs that came in last, and who fetched what.

CREATE TABLE recent (
    number INTEGER PRIMARY KEY,         -- order of coming in
    hash   BLOB NOT NULL,
    size   INTEGER NOT NULL
) STRICT;

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
