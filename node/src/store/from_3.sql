-- Version 4 keeps the blobs that came in last.

CREATE TABLE recent (
    number INTEGER PRIMARY KEY,         -- order of coming in
    hash   BLOB NOT NULL,
    size   INTEGER NOT NULL
) STRICT;
