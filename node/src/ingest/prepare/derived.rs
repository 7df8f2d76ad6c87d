//! The whole way of a table that a tool computed, as [`prepare`](super::prepare) is that of a LAS file. In
//! place of a source file it has its lineage: what it was made of and how.

use dataforge_las::DataSet;
use dataforge_protocol::facts::HeaderFacts;

use super::{IngestError, Origin, PreparedRun, Warning, finish, prepare_run};
use crate::ingest::well::WellHeader;

/// The making of derived runs and its version, as facts name it in place of a reader.
const READER: &str = "derive/1";
/// How such a run was acquired, by our words.
const COMPUTED: &str = "computed";

/// Turns a computed table into the run of its lineage, which is also written into the Parquet file in place
/// of a LAS header. Returns it with what was odd about the table.
///
/// # Errors
/// When it makes no table, e.g. because it has too many curves, or cannot be written.
pub(crate) fn prepare_derived(lineage: &str, data: &DataSet) -> Result<(PreparedRun, Vec<Warning>), IngestError> {
    let origin = Origin::new(lineage.as_bytes(), READER, lineage.to_owned());
    let header = HeaderFacts { acquisition: Some(COMPUTED.to_owned()), ..HeaderFacts::default() };
    let mut warnings = Vec::new();
    let run = prepare_run(&origin, 0, data, [None; 3], header, &mut warnings)?;
    let mut prepared = finish(origin, vec![run], WellHeader::default(), warnings, 0);
    // One went in, so one comes out.
    let run = prepared.runs.swap_remove(0);
    Ok((run, prepared.warnings))
}

#[cfg(test)]
mod tests {
    use dataforge_las::{Column, HeaderItem, Values};

    use super::*;

    fn column(mnemonic: &str, unit: &str, values: &[f64]) -> Column {
        let definition = HeaderItem { mnemonic: mnemonic.into(), unit: unit.into(), ..HeaderItem::default() };
        Column { definition, values: Values::Number(values.to_vec()) }
    }

    #[test]
    fn the_same_table_and_lineage_give_the_same_bytes_and_facts() {
        let columns = vec![column("DEPT", "m", &[1.0, 2.0, 3.0]), column("VSH", "v/v", &[0.1, f64::NAN, 0.3])];
        let data = DataSet { columns, rows: 3, ..DataSet::default() };
        let (one, warnings) = prepare_derived("{\"lineage\":1}", &data).unwrap();
        let (other, _) = prepare_derived("{\"lineage\":1}", &data).unwrap();
        assert_eq!(one, other);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!((&*one.facts.reader, one.facts.source_size), ("derive/1", 13));
        assert_eq!(one.facts.header.acquisition.as_deref(), Some("computed"));
        assert_eq!((one.facts.curves[0].count, one.facts.curves[0].max), (2, Some(0.3)));
        let batch = crate::ingest::parquet::read(one.parquet).unwrap();
        assert_eq!(batch.schema().metadata()[crate::ingest::parquet::KEY_HEADER], "{\"lineage\":1}");
        let (third, _) = prepare_derived("{\"lineage\":1,\"tool\":\"b\"}", &data).unwrap();
        assert_ne!(one.facts.blob, third.facts.blob, "the file says what it was made of");
    }
}
