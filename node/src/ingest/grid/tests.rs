//! Tests of gridding.

use arrow::array::StringArray;
use dataforge_query::resample::TOLERANCE;

use super::*;
use crate::ingest::dictionary::{Clues, Override, OverrideKey, PropertyChoice, WorkspaceDictionary};
use crate::ingest::well::Level;

mod collection;
mod random;
mod refusals;

/// A run with a depth index and one curve a column.
struct Fixture {
    table: RecordBatch,
    index: IndexFacts,
    curves: Vec<Interpretation>,
}

impl Fixture {
    /// `curves` are mnemonic, unit and values.
    fn new(unit: &str, depths: &[Option<f64>], curves: Vec<(&str, &str, ArrayRef)>) -> Self {
        let field = |name: &str, unit: &str, kind: &DataType| {
            let metadata = [(UNIT.to_owned(), unit.to_owned()), ("dataforge.mnemonic".to_owned(), name.to_uppercase())];
            Field::new(name, kind.clone(), true).with_metadata(metadata.into())
        };
        let mut fields = vec![field("dept", unit, &DataType::Float64)];
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(depths.to_vec()))];
        let mut meanings = Vec::new();
        for (mnemonic, unit, array) in curves {
            fields.push(field(&mnemonic.to_lowercase(), unit, array.data_type()));
            meanings.push(WorkspaceDictionary::default().interpret(&Clues { mnemonic, unit, ..Clues::default() }));
            arrays.push(array);
        }
        let table = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        let index = IndexFacts {
            text: false,
            mnemonic: "DEPT".to_owned(),
            column: "dept".to_owned(),
            unit: unit.to_owned(),
            kind: IndexKind::Depth,
            to_si: None,
            min: None,
            max: None,
            step: None,
            reversals: 0,
        };
        Self { table, index, curves: meanings }
    }

    fn one(unit: &str, depths: &[f64], mnemonic: &str, values: &[Option<f64>]) -> Self {
        let depths: Vec<Option<f64>> = depths.iter().copied().map(Some).collect();
        Self::new(unit, &depths, vec![(mnemonic, "", numbers(values))])
    }

    fn run(&self) -> NativeRun<'_> {
        NativeRun { table: &self.table, index: &self.index, curves: &self.curves, datum: None }
    }
}

fn numbers(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn metres(step: f64) -> WellGrid {
    WellGrid { unit: "m".to_owned(), step, origin: 0.0, datum: None }
}

fn column(gridded: &Gridded, at: usize) -> Vec<Option<f64>> {
    gridded.table.column(at).as_primitive::<Float64Type>().iter().collect()
}

/// The points and the one curve of a run on a metre grid, by a method.
fn values(fixture: &Fixture, step: f64, method: Method, limit: Option<f64>) -> Vec<(f64, Option<f64>)> {
    let options = GridOptions { limit, methods: [(0, method)].into(), ..GridOptions::default() };
    let gridded = grid(&fixture.run(), &metres(step), &options).unwrap();
    column(&gridded, 0).into_iter().flatten().zip(column(&gridded, 1)).collect()
}

#[test]
fn values_between_samples_are_on_the_line() {
    let fixture = Fixture::one("M", &[0.25, 1.25, 2.25], "QQQ", &[Some(10.5), Some(20.5), Some(0.5)]);
    let found = values(&fixture, 0.5, Method::Linear, None);
    assert_eq!(found, [(0.5, Some(13.0)), (1.0, Some(18.0)), (1.5, Some(15.5)), (2.0, Some(5.5))]);
}

#[test]
fn samples_on_points_are_taken_as_they_are() {
    // In feet, on a grid of metres: 0.3048 m is not a double, and 1 ft is exactly that point.
    let depths: Vec<f64> = (0..1_000).map(|row| 3_000.0 + f64::from(row)).collect();
    let samples: Vec<_> = (0..1_000).map(|row| (row % 7 != 0).then(|| f64::from(row).sin())).collect();
    let gridded =
        grid(&Fixture::one("F", &depths, "QQQ", &samples).run(), &metres(0.3048), &GridOptions::default()).unwrap();
    assert_eq!(gridded.facts.rows, 1_000);
    for (at, (native, gridded)) in samples.iter().zip(column(&gridded, 1)).enumerate() {
        if native.is_some() {
            assert_eq!(*native, gridded, "{at}");
        }
    }
    assert_eq!(column(&gridded, 0)[7], Some(916.5336));
}

#[test]
fn gaps_are_never_bridged() {
    let depths = [0.0, 1.0, 2.0, 7.0, 8.0];
    let fixture = Fixture::one("M", &depths, "QQQ", &[Some(1.0), Some(2.0), Some(3.0), Some(8.0), Some(9.0)]);
    for method in [Method::Linear, Method::Nearest, Method::Average] {
        let found = values(&fixture, 0.5, method, None);
        let without: Vec<f64> = found.iter().filter(|(_, value)| value.is_none()).map(|(depth, _)| *depth).collect();
        assert_eq!(without, [2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5], "{method:?}");
        let found = values(&fixture, 0.5, method, Some(5.0));
        assert!(found.iter().all(|(_, value)| value.is_some()), "{method:?}");
        let found = values(&fixture, 0.5, method, Some(0.9));
        assert_eq!(found.iter().filter(|(_, value)| value.is_some()).count(), 5, "{method:?}");
    }
    // A null in between makes a gap like a missing row does, and the limit is twice the step.
    let fixture = Fixture::one("M", &[0.0, 1.0, 2.0, 3.0, 4.0], "QQQ", &[Some(0.0), None, Some(2.0), None, None]);
    let found = values(&fixture, 1.0, Method::Linear, None);
    assert_eq!(
        found.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        [Some(0.0), Some(1.0), Some(2.0), None, None]
    );
}

#[test]
fn the_limit_is_twice_the_larger_step() {
    let limit = |index_step, grid_step| {
        let mut fixture = Fixture::one("F", &[0.0, 1.0, 2.0], "QQQ", &[Some(1.0); 3]);
        fixture.index.step = index_step;
        grid(&fixture.run(), &metres(grid_step), &GridOptions::default()).unwrap().facts.limit
    };
    assert_eq!(limit(Some(-1.0), 0.1), 0.6096);
    assert_eq!(limit(None, 0.1), 0.6096, "by the rows when the index is irregular");
    assert_eq!(limit(Some(1.0), 0.5), 1.0);
}

#[test]
fn codes_and_text_are_taken_from_the_nearer_sample() {
    let codes = Fixture::one("M", &[0.0, 1.0, 2.0], "QQQ", &[Some(3.0), Some(7.0), Some(5.0)]);
    let found = values(&codes, 0.25, Method::Nearest, None);
    let expected = [3.0, 3.0, 3.0, 7.0, 7.0, 7.0, 7.0, 5.0, 5.0];
    assert_eq!(found.iter().map(|(_, value)| value.unwrap()).collect::<Vec<_>>(), expected);
    // Whole numbers of nothing known are codes, unless somebody says otherwise.
    let gridded = grid(&codes.run(), &metres(0.25), &GridOptions::default()).unwrap();
    assert_eq!(gridded.facts.curves[0].method, Method::Nearest);
    let rocks: ArrayRef = Arc::new(StringArray::from(vec![Some("sand"), None, Some("shale"), Some("coal")]));
    let depths = [0.0, 0.4, 1.0, 9.0].map(Some);
    let fixture = Fixture::new("M", &depths, vec![("LITH", "", rocks)]);
    let options = GridOptions { limit: Some(2.0), methods: [(0, Method::Linear)].into(), ..GridOptions::default() };
    let gridded = grid(&fixture.run(), &metres(0.5), &options).unwrap();
    let texts: Vec<_> = gridded.table.column(1).as_string::<i32>().iter().take(4).collect();
    assert_eq!(texts, [Some("sand"), Some("sand"), Some("shale"), None]);
    let facts = &gridded.facts.curves[0];
    assert_eq!((facts.method, facts.count, facts.top, facts.base), (Method::Nearest, 4, Some(0.0), Some(9.0)));
    assert_eq!((facts.min, facts.max), (None, None));
}

#[test]
fn averages_are_over_the_cell_of_the_point() {
    // A ramp is its own mean, and a peak loses what its cell does not hold.
    let depths: Vec<f64> = (0..9).map(|row| f64::from(row) * 0.25).collect();
    let ramp: Vec<_> = depths.iter().map(|depth| Some(depth * 8.0)).collect();
    let found = values(&Fixture::one("M", &depths, "QQQ", &ramp), 1.0, Method::Average, None);
    // At the ends only the half inside the run is covered.
    assert_eq!(found, [(0.0, Some(2.0)), (1.0, Some(8.0)), (2.0, Some(14.0))]);
    let mut peak = vec![Some(0.0); 9];
    peak[4] = Some(12.0);
    let found = values(&Fixture::one("M", &depths, "QQQ", &peak), 1.0, Method::Average, None);
    assert_eq!(found, [(0.0, Some(0.0)), (1.0, Some(3.0)), (2.0, Some(0.0))]);
    let found = values(&Fixture::one("M", &depths, "QQQ", &peak), 1.0, Method::Linear, None);
    assert_eq!(found[1], (1.0, Some(12.0)));
}

#[test]
fn directions_go_the_shorter_way_round() {
    let angles = |unit: &str, values: &[f64]| {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        let depths = [0.0, 1.0, 2.0].map(Some);
        let fixture = Fixture::new("M", &depths, vec![("HAZI", unit, numbers(&values))]);
        let gridded = grid(&fixture.run(), &metres(0.5), &GridOptions::default()).unwrap();
        (gridded.facts.curves[0].method, column(&gridded, 1).into_iter().flatten().collect::<Vec<_>>())
    };
    assert_eq!(angles("DEG", &[350.0, 30.0, 20.0]), (Method::Circle, vec![350.0, 10.0, 30.0, 25.0, 20.0]));
    assert_eq!(angles("DEG", &[0.0, 350.0, 340.0]), (Method::Circle, vec![0.0, 355.0, 350.0, 345.0, 340.0]));
    assert_eq!(angles("DEG", &[170.0, -170.0, -180.0]), (Method::Circle, vec![170.0, -180.0, -170.0, -175.0, -180.0]));
    // In an unknown unit nobody knows how far round it is.
    assert_eq!(angles("", &[350.0, 30.0, 20.0]), (Method::Nearest, vec![350.0, 350.0, 30.0, 30.0, 20.0]));
}

#[test]
fn order_and_direction_of_rows_do_not_matter() {
    let (depths, samples): (Vec<_>, Vec<_>) =
        (0..50).map(|row| (f64::from(row) * 0.3, Some(f64::from(row * row)))).unzip();
    let down = values(&Fixture::one("M", &depths, "QQQ", &samples), 0.5, Method::Linear, None);
    let (mut depths_up, mut samples_up) = (depths.clone(), samples.clone());
    depths_up.reverse();
    samples_up.reverse();
    assert_eq!(values(&Fixture::one("M", &depths_up, "QQQ", &samples_up), 0.5, Method::Linear, None), down);
    // A tool that went back: rows without depth have no place, of a depth the first value counts.
    let depths = [Some(0.0), Some(1.0), None, Some(2.0), Some(1.0), Some(1.0), Some(2.0), Some(f64::NAN), Some(3.0)];
    let samples =
        [0.0, f64::NAN, 99.0, 20.0, 10.0, 77.0, 88.0, 99.0, 30.0].map(|value| (!f64::is_nan(value)).then_some(value));
    let fixture = Fixture::new("M", &depths, vec![("QQQ", "", numbers(&samples))]);
    let gridded = grid(&fixture.run(), &metres(1.0), &GridOptions::default()).unwrap();
    assert_eq!(column(&gridded, 1), [Some(0.0), Some(10.0), Some(20.0), Some(30.0)]);
    assert_eq!((gridded.facts.without_depth, gridded.facts.repeated), (2, 5));
}

/// What somebody decided: no mnemonic stands for it by itself.
fn delta_temperature(mnemonic: &str, unit: &str) -> Interpretation {
    let key = OverrideKey::new(None, mnemonic, None).unwrap();
    let property = Some(PropertyChoice::Property("delta_temperature".to_owned()));
    let set = Override { property, unit: None, by: "Ann".to_owned() };
    WorkspaceDictionary { overrides: [(key, set)].into() }.interpret(&Clues { mnemonic, unit, ..Clues::default() })
}

#[test]
fn values_are_in_the_canonical_unit_of_their_property() {
    let depths = [0.0, 1.0, 2.0].map(Some);
    let three = |value: f64| numbers(&[Some(value); 3]);
    let mut fixture = Fixture::new(
        "M",
        &depths,
        vec![
            ("RHOB", "K/M3", three(2_650.0)),
            ("DTEM", "DEGF", three(1.8)),
            ("TEMP", "DEGF", three(212.0)),
            ("NPHI", "FURLONG", three(0.3)),
            ("QQQ", "G/CC", three(2.5)),
            ("SP", "", three(-40.0)),
        ],
    );
    fixture.curves[1] = delta_temperature("DTEM", "DEGF");
    let gridded = grid(&fixture.run(), &metres(1.0), &GridOptions::default()).unwrap();
    let found: Vec<_> = gridded
        .facts
        .curves
        .iter()
        .zip(1..)
        .map(|(facts, at)| (facts.property.as_deref(), &*facts.unit, facts.canonical, column(&gridded, at)[1].unwrap()))
        .collect();
    let expected = [
        (Some("bulk_density"), "g/cm3", true, 2.65),
        (Some("delta_temperature"), "degC", true, 1.0),
        (Some("well_temperature"), "degC", true, 100.0),
        (Some("neutron_porosity"), "FURLONG", false, 0.3),
        (None, "G/CC", false, 2.5),
        (Some("spontaneous_potential"), "", false, -40.0),
    ];
    assert_eq!(found, expected);
    let field = gridded.table.schema().field(1).clone();
    let metadata = |key: &str| field.metadata().get(key).map(String::as_str);
    assert_eq!((metadata(UNIT), metadata(NATIVE_UNIT)), (Some("g/cm3"), Some("K/M3")));
    assert_eq!((metadata(PROPERTY), metadata(METHOD)), (Some("bulk_density"), Some("linear")));
    assert_eq!(metadata("dataforge.mnemonic"), Some("RHOB"));
}

#[test]
fn properties_choose_the_method() {
    for (id, method) in [
        ("gamma_ray", Method::Linear),
        ("resistivity_deep", Method::Linear),
        ("lithology_code", Method::Nearest),
        ("quality_flag", Method::Nearest),
        ("azimuth", Method::Circle),
        ("rop", Method::Average),
        ("count_rate", Method::Average),
        ("gas_c1", Method::Average),
    ] {
        assert_eq!(method_for(dictionary::property(id)), method, "{id}");
    }
    for method in [Method::Linear, Method::Nearest, Method::Average, Method::Circle] {
        assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{}\"", method.as_str()));
    }
}

#[test]
fn points_are_the_decimal_numbers_they_are_meant_to_be() {
    let depths = [100.0, 2_000.0];
    let fixture = Fixture::one("M", &depths, "QQQ", &[Some(1.5), Some(1.5)]);
    for (step, origin) in [(0.1524, 0.0), (0.1, 0.05), (0.3, -0.7), (1.0 / 3.0, 0.0), (0.25, 1e-9)] {
        let place = WellGrid { step, origin, ..metres(1.0) };
        let gridded = grid(&fixture.run(), &place, &GridOptions::default()).unwrap();
        let points: Vec<f64> = column(&gridded, 0).into_iter().flatten().collect();
        assert!(points.windows(2).all(|pair| pair[0] < pair[1]));
        let (slack, last) = (step * TOLERANCE, *points.last().unwrap());
        assert!(
            points[0] >= 100.0 - slack && points[0] < 100.0 + step && last > 2_000.0 - step && last <= 2_000.0 + slack
        );
        if step == 0.1524 {
            assert_eq!(points[0], 100.1268);
            assert!(points.contains(&1_000.048_8), "point 6562 has no digit of noise");
            assert!(points.iter().all(|point| point.to_string().len() <= 9));
        }
    }
}

#[test]
fn a_well_takes_its_grid_from_its_first_run() {
    let of = |unit, step| {
        let found = WellGrid::for_first_run(unit, step);
        (found.unit, found.step, found.origin)
    };
    assert_eq!(of("F", Some(0.25)), ("ft".to_owned(), 0.5, 0.0));
    assert_eq!(of(".1IN", Some(60.0)), ("ft".to_owned(), 0.5, 0.0));
    assert_eq!(of("", None), ("ft".to_owned(), 0.5, 0.0));
    assert_eq!(of("M", Some(-0.1524)), ("m".to_owned(), 0.1524, 0.0));
    assert_eq!(of("MM", Some(152.4)), ("m".to_owned(), 0.1524, 0.0));
    assert_eq!(of("м", None), ("m".to_owned(), 0.1, 0.0));
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let make = || {
        let depths: Vec<f64> = (0..3_000).map(|row| 1_000.0 + f64::from(row) * 0.1524).collect();
        let samples: Vec<_> =
            (0..3_000).map(|row| (row % 91 != 0).then(|| f64::from(row * 37 % 1_500) / 10.0)).collect();
        let mut fixture = Fixture::one("M", &depths, "GR", &samples);
        fixture.curves[0] =
            WorkspaceDictionary::default().interpret(&Clues { mnemonic: "GR", unit: "GAPI", ..Clues::default() });
        let place = WellGrid { unit: "ft".to_owned(), step: 0.5, origin: 0.0, datum: None };
        grid(&fixture.run(), &place, &GridOptions::default()).unwrap()
    };
    let (one, other) = (make(), make());
    assert_eq!(one, other);
    let bytes = to_parquet(&one).unwrap();
    assert_eq!(bytes, to_parquet(&other).unwrap());
    assert_eq!(parquet::read(bytes.clone().into()).unwrap().column(1), one.table.column(1));
    // If this fails, either undo what changed the bytes or say so in the changelog.
    let hash = dataforge_protocol::id::BlobHash::of(&bytes).to_string();
    assert_eq!(hash, GOLDEN, "{} rows", one.facts.rows);
    let facts = serde_json::to_string(&one.facts).unwrap();
    assert_eq!(serde_json::from_str::<GridFacts>(&facts).unwrap(), one.facts);
}

/// Hash of the run above on its grid, in the format of today.
const GOLDEN: &str = "5c2ad156772f9d3524618316afb97d94571402354a942a9eba09918eb85880bf";
