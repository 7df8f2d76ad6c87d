-- From version 5 to 6: an index of what is kept aside.

CREATE INDEX IF NOT EXISTS entries_aside ON entries (workspace, device, length(header) + length(body)) WHERE outcome IN (1, 3);
