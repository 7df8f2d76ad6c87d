-- Version 7 remembers which changes are undos.

-- Changes of this device that undo another one, or redo what was undone.
CREATE TABLE IF NOT EXISTS undone (
    workspace BLOB NOT NULL,
    entry     BLOB NOT NULL,            -- the undo
    undoes    BLOB NOT NULL,            -- the change or undo that it takes back
    PRIMARY KEY (workspace, entry)
) STRICT, WITHOUT ROWID;
