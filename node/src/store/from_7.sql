-- Version 8 keeps apart for which workspaces blobs are held, and knows which were joined just now.

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

-- Workspaces that were joined here and of which not all has come that somebody had: until then peers are
-- not slowed.
CREATE TABLE joining (
    workspace BLOB PRIMARY KEY,
    host      BLOB NOT NULL             -- the device that let this one in
) STRICT, WITHOUT ROWID;

-- What was held until now is so for each workspace that names it: nothing else is known of it. That is
-- done once the derived tables are filled, which it takes; this says that it has to be.
INSERT OR REPLACE INTO chores VALUES ('hold by workspace', 0);

CREATE TEMP TABLE known AS
    SELECT b.workspace, t.hash, t.asked_ms, t.attempts, t.next_ms, t.last_error
    FROM transfers AS t JOIN blob_refs AS b ON b.hash = t.hash;
DROP TABLE transfers;
CREATE TABLE transfers (
    workspace  BLOB NOT NULL,
    hash       BLOB NOT NULL,
    asked_ms   INTEGER,                 -- when somebody asked for it; null when it follows from the policy
    attempts   INTEGER NOT NULL,        -- that failed, since the last that did not
    next_ms    INTEGER NOT NULL,        -- not before
    last_error TEXT,
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;
INSERT INTO transfers SELECT * FROM temp.known;
DROP TABLE temp.known;
