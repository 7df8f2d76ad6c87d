//! Coordinate reference systems as a GeoPackage names them.
//!
//! WGS 84 and its UTM zones are written out. Any other system is named by its EPSG code with an
//! undefined text, from which map programs look it up.

use std::ops::RangeInclusive;

/// Longitude and latitude of WGS 84.
pub(super) const WGS_84: u32 = 4326;

/// Codes that EPSG gives to coordinate reference systems.
pub(super) const CODES: RangeInclusive<u32> = 1_024..=32_767;

/// First codes of the UTM zones of WGS 84, less one: north and south.
const UTM_NORTH: u32 = 32_600;
const UTM_SOUTH: u32 = 32_700;

const GEOGRAPHIC: &str = concat!(
    r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],"#,
    r#"AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],"#,
    r#"UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],"#,
    r#"AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]"#
);

/// A system with its name and its definition as well-known text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct System {
    pub(super) name: String,
    pub(super) definition: String,
}

/// Returns the system with a code.
pub(super) fn system(code: u32) -> System {
    if code == WGS_84 {
        return System { name: "WGS 84 geodetic".to_owned(), definition: GEOGRAPHIC.to_owned() };
    }
    for (base, letter, false_northing) in [(UTM_NORTH, 'N', 0), (UTM_SOUTH, 'S', 10_000_000)] {
        if (base + 1..=base + 60).contains(&code) {
            return utm(code, code - base, letter, false_northing);
        }
    }
    System { name: format!("EPSG:{code}"), definition: "undefined".to_owned() }
}

fn utm(code: u32, zone: u32, letter: char, false_northing: u32) -> System {
    let name = format!("WGS 84 / UTM zone {zone}{letter}");
    let meridian = i64::from(zone) * 6 - 183;
    let definition = format!(
        r#"PROJCS["{name}",{GEOGRAPHIC},PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",{meridian}],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",{false_northing}],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","{code}"]]"#
    );
    System { name, definition }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utm_zones_have_their_meridian_and_hemisphere() {
        let north = system(32_633);
        assert_eq!(north.name, "WGS 84 / UTM zone 33N");
        assert!(north.definition.contains(r#"["central_meridian",15]"#));
        assert!(north.definition.contains(r#"["false_northing",0]"#));
        let south = system(32_701);
        assert_eq!(south.name, "WGS 84 / UTM zone 1S");
        assert!(south.definition.contains(r#"["central_meridian",-177]"#));
        assert!(south.definition.contains(r#"["false_northing",10000000]"#));
        for code in [4326, 32_601, 32_760] {
            let open = system(code).definition.matches('[').count();
            assert_eq!(open, system(code).definition.matches(']').count());
        }
        assert_eq!(system(32_661).definition, "undefined", "no zone 61");
    }
}
