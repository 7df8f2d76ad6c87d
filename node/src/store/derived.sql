-- Derived from the accepted entries of `truth.sql`: made anew by `rebuild`, and whenever this file
-- changes (`DERIVED` in `store.rs` is raised then).

-- Blobs that accepted entries refer to.
CREATE TABLE blob_refs (
    workspace BLOB NOT NULL,
    hash      BLOB NOT NULL,
    size      INTEGER NOT NULL,
    held      INTEGER NOT NULL,         -- whether `held_for` says so
    PRIMARY KEY (workspace, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_refs_by_hash ON blob_refs (hash);
-- What is missing: looked at often, while most is here.
CREATE INDEX blob_refs_missing ON blob_refs (workspace, size) WHERE NOT held;

-- The same blobs by their numbers in the chains of devices: what holdings speak of. After a fork one
-- number can mean several.
CREATE TABLE blob_places (
    workspace BLOB NOT NULL,
    device    BLOB NOT NULL,
    number    INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    held      INTEGER NOT NULL,         -- whether `held_for` says so
    is_first  INTEGER NOT NULL,         -- whether no other place of its blob is before it
    is_alone  INTEGER NOT NULL,         -- whether its number stands for no other blob
    PRIMARY KEY (workspace, device, number, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_places_by_hash ON blob_places (hash);

-- So that `held` is right whoever writes `held_for`.
CREATE TRIGGER blob_held AFTER INSERT ON held_for BEGIN
    UPDATE blob_refs SET held = 1 WHERE workspace = new.workspace AND hash = new.hash;
    UPDATE blob_places SET held = 1 WHERE hash = new.hash AND workspace = new.workspace;
END;
CREATE TRIGGER blob_not_held AFTER DELETE ON held_for BEGIN
    UPDATE blob_refs SET held = 0 WHERE workspace = old.workspace AND hash = old.hash;
    UPDATE blob_places SET held = 0 WHERE hash = old.hash AND workspace = old.workspace;
END;

-- What does not count: few, and counted often.
CREATE INDEX entries_set_aside ON entries (workspace) WHERE outcome <> 0;

CREATE TABLE projects (
    workspace   BLOB NOT NULL,
    id          BLOB NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    owner       BLOB,                   -- the person who looks after it
    archived    INTEGER NOT NULL,
    tags        TEXT NOT NULL,          -- JSON array
    settings    TEXT NOT NULL,          -- JSON object, without the prefix `settings.`
    quota       INTEGER,                -- bytes, of the settings
    deleted     INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX projects_by_name ON projects (workspace, name);

CREATE TABLE wells (
    workspace  BLOB NOT NULL,
    id         BLOB NOT NULL,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,           -- the name as it is compared
    uwi        TEXT,
    field      TEXT,
    company    TEXT,
    country    TEXT,
    grid_unit   TEXT,                   -- the depth grid as set; what is null follows from the runs
    grid_step   REAL,
    grid_origin REAL,
    attributes TEXT NOT NULL,           -- JSON object
    deleted    INTEGER NOT NULL,
    project    BLOB,                    -- it is filed under
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wells_by_name ON wells (workspace, name_key);
-- What people name things by, here and below, letter by letter.
CREATE INDEX wells_by_exact_name ON wells (workspace, name);
CREATE INDEX wells_by_uwi ON wells (workspace, uwi) WHERE uwi IS NOT NULL;

-- The curve that people chose to stand for a property of a well.
CREATE TABLE preferred (
    workspace BLOB NOT NULL,
    well      BLOB NOT NULL,
    property  TEXT NOT NULL,
    run       BLOB NOT NULL,
    ordinal   INTEGER NOT NULL,
    PRIMARY KEY (workspace, well, property)
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
    expected       BLOB NOT NULL,       -- id of what the table should hold, as in checks
    row_count      INTEGER NOT NULL,
    curve_count    INTEGER NOT NULL,
    kind           TEXT NOT NULL,       -- log, or a kind of table: tops, survey, core …
    set_name       TEXT NOT NULL,       -- the data set's name in its source
    index_mnemonic TEXT NOT NULL,
    index_column   TEXT NOT NULL,
    index_unit     TEXT NOT NULL,
    index_kind     TEXT NOT NULL,       -- depth, time, other
    index_text     INTEGER NOT NULL,    -- whether its values are text
    to_si          REAL,
    index_min      REAL,
    index_max      REAL,
    step           REAL,
    reader         TEXT NOT NULL,
    service_company TEXT,               -- as set, else as delivered; so are the next ones
    log_date       TEXT,
    run_number     TEXT,
    pass           TEXT,
    acquisition    TEXT,
    log_type       TEXT,
    wellbore       TEXT,
    datum          TEXT,
    elevation_m    REAL,
    depth_shift_m  REAL,                -- what is added to depths to count them from the well's datum
    notices        INTEGER NOT NULL,    -- oddities of the source, also those not kept
    deleted        INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_well ON runs (workspace, well);
CREATE INDEX runs_by_blob ON runs (blob);
CREATE INDEX runs_by_source ON runs (source_hash);
CREATE INDEX runs_by_name ON runs (workspace, name);
CREATE INDEX runs_by_source_name ON runs (workspace, source_name);

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
    rank        INTEGER NOT NULL,       -- of the mnemonic among those of its property
    is_text     INTEGER NOT NULL,
    value_count INTEGER NOT NULL,
    null_count  INTEGER NOT NULL,
    min_value   REAL,
    max_value   REAL,
    mean_value  REAL,
    quality     TEXT NOT NULL,          -- `raw` until somebody says otherwise
    reason      TEXT NOT NULL,          -- why the property is thought to be this one
    top         REAL,
    base        REAL,
    PRIMARY KEY (workspace, run, ordinal)
) STRICT, WITHOUT ROWID;

-- Oddities of a run's source.
CREATE TABLE notices (
    workspace BLOB NOT NULL,
    run       BLOB NOT NULL,
    number    INTEGER NOT NULL,
    line      INTEGER NOT NULL,         -- 0 when it concerns the whole file
    position  INTEGER NOT NULL,         -- column in characters, 0 when it concerns the line
    kind      TEXT NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (workspace, run, number)
) STRICT, WITHOUT ROWID;

-- Gridded copies of runs, and their curves as JSON.
CREATE TABLE gridded (
    workspace  BLOB NOT NULL,
    run        BLOB NOT NULL,
    blob       BLOB NOT NULL,
    native     BLOB NOT NULL,           -- the table it was made of
    blob_bytes INTEGER NOT NULL,
    expected   BLOB NOT NULL,           -- id of what it should hold, as in checks
    maker      TEXT NOT NULL,
    unit       TEXT NOT NULL,
    step       REAL NOT NULL,
    origin     REAL NOT NULL,
    row_count  INTEGER NOT NULL,
    curves     TEXT NOT NULL,
    PRIMARY KEY (workspace, run, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX gridded_by_blob ON gridded (blob);

-- Pyramids of large native tables.
CREATE TABLE pyramids (
    workspace    BLOB NOT NULL,
    run          BLOB NOT NULL,
    blob         BLOB NOT NULL,
    native       BLOB NOT NULL,         -- the table it was made of
    blob_bytes   INTEGER NOT NULL,
    expected     BLOB NOT NULL,         -- id of what it should hold, as in checks
    maker        TEXT NOT NULL,
    bucket_rows  INTEGER NOT NULL,      -- rows of the native table in a bucket
    bucket_count INTEGER NOT NULL,
    PRIMARY KEY (workspace, run, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX pyramids_by_blob ON pyramids (blob);

-- Derived runs: how they were made.
CREATE TABLE derivations (
    workspace   BLOB NOT NULL,
    run         BLOB NOT NULL,
    tool        TEXT NOT NULL,
    version     TEXT NOT NULL,
    parameters  TEXT NOT NULL,          -- JSON object
    description TEXT,
    PRIMARY KEY (workspace, run)
) STRICT, WITHOUT ROWID;

-- And of what, which may be gone or not here.
CREATE TABLE derived_from (
    workspace     BLOB NOT NULL,
    run           BLOB NOT NULL,
    number        INTEGER NOT NULL,     -- from 1
    source_run    BLOB NOT NULL,
    source_number INTEGER,              -- of the curve; null for the run as a whole
    source_curve  TEXT,                 -- its mnemonic as delivered
    source_blob   BLOB NOT NULL,        -- the table that was read
    PRIMARY KEY (workspace, run, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX derived_from_by_source ON derived_from (workspace, source_run);

-- What the workspace says about mnemonics.
CREATE TABLE dictionary (
    workspace BLOB NOT NULL,
    key       TEXT NOT NULL,            -- company|mnemonic|unit, `*` for any
    property  TEXT,                     -- `-` for none
    to_unit   TEXT,
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;

-- Charts, selections, tops and surveys: what they are called.
CREATE TABLE described (
    workspace   BLOB NOT NULL,
    id          BLOB NOT NULL,
    kind        TEXT NOT NULL,          -- chart, selection, tops, survey
    name        TEXT NOT NULL,          -- the title, else the short id
    description TEXT NOT NULL,
    well        BLOB,                   -- it belongs to
    deleted     INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX described_by_kind ON described (workspace, kind, name);
CREATE INDEX described_by_well ON described (workspace, well) WHERE well IS NOT NULL;

-- What lists of charts show besides.
CREATE TABLE charts (
    workspace  BLOB NOT NULL,
    id         BLOB NOT NULL,
    kind       TEXT NOT NULL,           -- log_tracks, crossplot …
    well       BLOB,
    project    BLOB,
    template   INTEGER NOT NULL,
    archived   INTEGER NOT NULL,
    tags       TEXT NOT NULL,           -- JSON array, sorted
    series     INTEGER NOT NULL,        -- how many
    author     BLOB,                    -- the person who made it
    created_ms INTEGER NOT NULL,        -- by the clocks of whoever wrote so, as the next one
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- What charts take values from: a curve, or a property of a well.
CREATE TABLE chart_series (
    workspace BLOB NOT NULL,
    chart     BLOB NOT NULL,
    place     TEXT NOT NULL,            -- part/id/field
    well      BLOB,                     -- whose property it is
    property  TEXT,
    run       BLOB,
    ordinal   INTEGER,
    PRIMARY KEY (workspace, chart, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX chart_series_by_curve ON chart_series (workspace, run, ordinal) WHERE run IS NOT NULL;
CREATE INDEX chart_series_by_property ON chart_series (workspace, well, property) WHERE property IS NOT NULL;
-- Tops and zones, by the sets they are in.
CREATE TABLE tops (
    workspace     BLOB NOT NULL,
    id            BLOB NOT NULL,        -- of the set
    item          TEXT NOT NULL,
    name          TEXT NOT NULL,
    depth         REAL NOT NULL,
    base          REAL,                 -- in the unit of the depth
    unit          TEXT NOT NULL,
    datum         TEXT NOT NULL,        -- empty for the well's depths as delivered
    to_m          REAL,                 -- metres in the unit; null when it is no unit of length
    interpreter   TEXT,
    remark        TEXT,
    uncertainty   REAL,                 -- in the unit of the depth
    PRIMARY KEY (workspace, id, item)
) STRICT, WITHOUT ROWID;

-- Deviation surveys, and their stations.
CREATE TABLE surveys (
    workspace         BLOB NOT NULL,
    id                BLOB NOT NULL,
    datum             TEXT NOT NULL,
    elevation_m       REAL,             -- of the datum above mean sea level
    azimuth_reference TEXT NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE stations (
    workspace       BLOB NOT NULL,
    id              BLOB NOT NULL,      -- of the survey
    item            TEXT NOT NULL,
    md              REAL NOT NULL,
    unit            TEXT NOT NULL,
    to_m            REAL,
    inclination_deg REAL NOT NULL,
    azimuth_deg     REAL NOT NULL,
    PRIMARY KEY (workspace, id, item)
) STRICT, WITHOUT ROWID;

-- The survey that people chose for a well.
CREATE TABLE chosen_surveys (
    workspace BLOB NOT NULL,
    well      BLOB NOT NULL,
    survey    BLOB NOT NULL,
    PRIMARY KEY (workspace, well)
) STRICT, WITHOUT ROWID;

-- What selections consist of.
CREATE TABLE selected (
    workspace  BLOB NOT NULL,
    id         BLOB NOT NULL,           -- of the selection
    part       TEXT NOT NULL,           -- well, curve, property, interval
    item       TEXT NOT NULL,
    well       BLOB,                    -- of wells and intervals
    run        BLOB,                    -- of curves
    ordinal    INTEGER,
    property   TEXT,
    from_value REAL,                    -- of intervals
    to_value   REAL,
    unit       TEXT,
    datum      TEXT,
    to_m       REAL,
    PRIMARY KEY (workspace, id, part, item)
) STRICT, WITHOUT ROWID;

-- What holds for the whole workspace, as its members set it.
CREATE TABLE settings (
    workspace BLOB NOT NULL,
    id        BLOB NOT NULL,            -- of the document
    key       TEXT NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (workspace, key)
) STRICT, WITHOUT ROWID;

-- What several people wrote without knowing of each other, and somebody has to decide.
CREATE TABLE conflicts (
    workspace  BLOB NOT NULL,
    id         TEXT NOT NULL,           -- 32 hex digits, the same on every node
    doc        BLOB NOT NULL,
    kind       TEXT NOT NULL,           -- field, deletion, filed, item
    field_kind TEXT NOT NULL,           -- what strategies are chosen for: well, run, tops_item …
    map        TEXT NOT NULL,           -- root, attributes, curves, items
    field      TEXT NOT NULL,           -- its key there; of an item part/id; empty for a deletion
    sides      TEXT NOT NULL,           -- JSON, by hash of the change
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflicts_by_doc ON conflicts (workspace, doc);

-- Files kept as they are.
CREATE TABLE attachments (
    workspace   BLOB NOT NULL,
    id          BLOB NOT NULL,
    well        BLOB,
    name        TEXT NOT NULL,
    description TEXT,
    blob        BLOB NOT NULL,
    blob_bytes  INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    project     BLOB,                   -- it belongs to
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_by_well ON attachments (workspace, well);
CREATE INDEX attachments_by_blob ON attachments (blob);
CREATE INDEX attachments_by_name ON attachments (workspace, name);
