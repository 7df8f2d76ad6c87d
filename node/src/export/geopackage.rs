//! Well locations as a GeoPackage (OGC 12-128r17, version 1.3), which every map program reads.
//!
//! A GeoPackage is an SQLite database. Wells are points in a layer for each coordinate reference
//! system, called `wells` when there is one; nothing is transformed. A well without a position is
//! left out and counted.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use rusqlite::{Connection, OpenFlags, params};

mod crs;

#[cfg(test)]
mod tests;

/// The tables that every GeoPackage has.
const SCHEMA: &str = include_str!("geopackage/schema.sql");

/// "GPKG" as a number, by which programs know the file.
const APPLICATION_ID: i32 = 0x4750_4B47;

/// Version 1.3.0 of the standard.
const USER_VERSION: i32 = 10_300;

/// Where a well is, and what is shown of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WellLocation {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub uwi: Option<String>,
    /// The field it is in.
    pub field: Option<String>,
    /// The operating company.
    pub company: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Its place; `None` when it is not known.
    pub position: Option<Position>,
}

/// A place in a coordinate reference system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Longitude or easting.
    pub x: f64,
    /// Latitude or northing.
    pub y: f64,
    /// EPSG code of the system; 4326 is longitude and latitude of WGS 84 in degrees.
    pub epsg: u32,
}

impl Position {
    /// Whether it can be a place: numbers, degrees within the globe, a code that EPSG may give.
    fn is_plausible(&self) -> bool {
        let on_globe = self.epsg != crs::WGS_84 || (self.x.abs() <= 180.0 && self.y.abs() <= 90.0);
        self.x.is_finite() && self.y.is_finite() && on_globe && crs::CODES.contains(&self.epsg)
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrittenWells {
    /// Wells with a point.
    pub points: u64,
    /// Wells left out because they have no position.
    pub without_position: u64,
    /// Wells left out because their position is none: no numbers, off the globe, an unknown code.
    pub implausible: u64,
    /// Layers, one for each coordinate reference system.
    pub layers: u64,
}

/// A GeoPackage cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum GeoPackageError {
    /// There is a file of that name already, or it cannot be made.
    #[error("cannot make {}", .path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file cannot be written to.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The file cannot be made durable.
    #[error("cannot make {} durable", .path.display())]
    Sync {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Writes wells to a new file at `path`; `changed_ms` is when, in milliseconds since 1970.
///
/// The file is there whole and durable, or not at all.
///
/// # Errors
/// When there is a file already, or it cannot be written.
pub fn write_wells(path: &Path, wells: &[WellLocation], changed_ms: u64) -> Result<WrittenWells, GeoPackageError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|source| GeoPackageError::Create { path: path.to_owned(), source })?;
    let written = fill(path, wells, changed_ms)
        .map_err(|source| GeoPackageError::Write { path: path.to_owned(), source })
        .and_then(|written| {
            let synced = File::open(path).and_then(|file| file.sync_all());
            synced.map(|()| written).map_err(|source| GeoPackageError::Sync { path: path.to_owned(), source })
        });
    if written.is_err() {
        // The error that is told is the one that matters.
        drop(std::fs::remove_file(path));
    }
    written
}

fn fill(path: &Path, wells: &[WellLocation], changed_ms: u64) -> rusqlite::Result<WrittenWells> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", USER_VERSION)?;
    // A file that fails is removed, so its journal serves nobody.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    let mut written = WrittenWells::default();
    let mut layers: BTreeMap<u32, Vec<(&WellLocation, Position)>> = BTreeMap::new();
    for well in wells {
        match well.position {
            Some(position) if position.is_plausible() => {
                layers.entry(position.epsg).or_default().push((well, position));
            }
            Some(_) => written.implausible += 1,
            None => written.without_position += 1,
        }
    }
    // A package of no wells is one all the same.
    if layers.is_empty() {
        layers.insert(crs::WGS_84, Vec::new());
    }
    for code in [crs::WGS_84].into_iter().chain(layers.keys().copied().filter(|&code| code != crs::WGS_84)) {
        add_system(&transaction, code)?;
    }
    let single = layers.len() == 1;
    for (&code, wells) in &layers {
        let table = if single { "wells".to_owned() } else { format!("wells_{code}") };
        add_layer(&transaction, &table, code, wells, changed_ms)?;
        written.points += wells.len() as u64;
        written.layers += 1;
    }
    transaction.commit()?;
    connection.close().map_err(|(_connection, error)| error)?;
    Ok(written)
}

fn add_system(connection: &Connection, code: u32) -> rusqlite::Result<()> {
    let system = crs::system(code);
    connection.execute(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, 'EPSG', ?2, ?3, NULL)",
        params![system.name, code, system.definition],
    )?;
    Ok(())
}

/// Adds a layer of points. The name of its table is one of ours, not of a user.
fn add_layer(
    connection: &Connection,
    table: &str,
    code: u32,
    wells: &[(&WellLocation, Position)],
    changed_ms: u64,
) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "CREATE TABLE {table} (
            fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
            geom POINT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            uwi TEXT,
            field TEXT,
            company TEXT,
            country TEXT
        )"
    ))?;
    let changed = i64::try_from(changed_ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    let bounds = bounds(wells);
    connection.execute(
        "INSERT INTO gpkg_contents VALUES (?1, 'features', ?1, 'Well locations', ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            table,
            changed.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            bounds.map(|bounds| bounds[0]),
            bounds.map(|bounds| bounds[1]),
            bounds.map(|bounds| bounds[2]),
            bounds.map(|bounds| bounds[3]),
            code
        ],
    )?;
    connection
        .execute("INSERT INTO gpkg_geometry_columns VALUES (?1, 'geom', 'POINT', ?2, 0, 0)", params![table, code])?;
    let mut insert = connection.prepare(&format!(
        "INSERT INTO {table} (geom, id, name, uwi, field, company, country) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    ))?;
    for (well, position) in wells {
        insert.execute(params![
            point(*position),
            well.id,
            well.name,
            well.uwi,
            well.field,
            well.company,
            well.country
        ])?;
    }
    Ok(())
}

/// Returns west, south, east and north of some wells.
fn bounds(wells: &[(&WellLocation, Position)]) -> Option<[f64; 4]> {
    wells
        .iter()
        .map(|(_, at)| [at.x, at.y, at.x, at.y])
        .reduce(|all, one| [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])])
}

/// Returns a point as the standard has it: a head of its own (little-endian, no envelope), then
/// well-known binary.
fn point(at: Position) -> Vec<u8> {
    const HEAD: [u8; 4] = [b'G', b'P', 0, 1];
    const POINT: [u8; 5] = [1, 1, 0, 0, 0];
    let mut bytes = HEAD.to_vec();
    bytes.extend(at.epsg.to_le_bytes());
    bytes.extend(POINT);
    bytes.extend(at.x.to_le_bytes());
    bytes.extend(at.y.to_le_bytes());
    bytes
}
