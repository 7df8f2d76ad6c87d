//! Page headers, looked at before a decoder is: a page that says that it unpacks to gigabytes is
//! refused.
//!
//! A header is a Thrift struct in the compact protocol whose first fields are the kind of page, the
//! size of its content unpacked, and the size as stored (Apache Parquet's `parquet.thrift`).

/// Bytes a page may unpack to. Ours have at most 20,000 rows; text may be long.
const MAX_UNPACKED: i64 = 256 << 20;
/// Structs within structs; a header has two.
const MAX_DEPTH: u32 = 8;

/// Checks the pages that follow each other in bytes of a column.
pub(crate) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut header = Header { bytes: rest, at: 0 };
        let (unpacked, stored) = header.sizes().ok_or("a page has no header")?;
        if !(0..=MAX_UNPACKED).contains(&unpacked) {
            return Err("a page says that it is larger than any may be");
        }
        let next = usize::try_from(stored).ok().and_then(|stored| header.at.checked_add(stored));
        rest = next.and_then(|next| rest.get(next..)).ok_or("a page is longer than its place")?;
    }
    Ok(())
}

struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Header<'_> {
    /// Reads a whole header; returns the sizes of the page's content, unpacked and stored.
    fn sizes(&mut self) -> Option<(i64, i64)> {
        let (mut id, mut unpacked, mut stored) = (0, None, None);
        loop {
            let byte = self.byte()?;
            if byte == 0 {
                return Some((unpacked?, stored?));
            }
            id = match byte >> 4 {
                0 => self.number()?,
                delta => id + i64::from(delta),
            };
            match (id, byte & 15) {
                (2, 5) => unpacked = Some(self.number()?),
                (3, 5) => stored = Some(self.number()?),
                (_, kind) => self.skip(kind, MAX_DEPTH)?,
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    /// A number in zigzag form.
    fn number(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            // Booleans are in the kind itself.
            1 | 2 => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.jump(8),
            8 => {
                let length = self.varint()?;
                self.jump(usize::try_from(length).ok()?)
            }
            12 => loop {
                let byte = self.byte()?;
                if byte == 0 {
                    return Some(());
                }
                if byte >> 4 == 0 {
                    self.varint()?;
                }
                self.skip(byte & 15, depth)?;
            },
            // Lists, sets and maps have no place in a header.
            _ => None,
        }
    }

    fn jump(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, StringArray};
    use arrow::record_batch::RecordBatch;
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;

    fn chunks() -> Vec<Vec<u8>> {
        let numbers = Float64Array::from_iter((0..5000).map(|at| (at % 7 != 0).then_some(f64::from(at))));
        let texts = StringArray::from_iter_values((0..5000).map(|at| format!("sand {}", at % 11)));
        let batch = RecordBatch::try_from_iter([("a", Arc::new(numbers) as _), ("b", Arc::new(texts) as _)]).unwrap();
        let properties = WriterProperties::builder().set_data_page_row_count_limit(700).set_write_batch_size(100);
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        let file = bytes::Bytes::from(writer.into_inner().unwrap());
        let reader = SerializedFileReader::new(file.clone()).unwrap();
        let chunk = |column: usize| {
            let (start, length) = reader.metadata().row_group(0).column(column).byte_range();
            file[start as usize..(start + length) as usize].to_vec()
        };
        vec![chunk(0), chunk(1)]
    }

    #[test]
    fn pages_as_they_are_written_are_taken() {
        for chunk in chunks() {
            assert_eq!(check(&chunk), Ok(()));
            assert!(check(&chunk[..chunk.len() - 1]).is_err(), "cut off");
            assert!(check(&chunk[1..]).is_err(), "from its middle");
        }
    }

    #[test]
    fn a_page_that_unpacks_to_gigabytes_is_refused() {
        // Kind, then 2^31 - 1 bytes unpacked, then 0 stored.
        let bomb = [0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 0, 0];
        assert_eq!(check(&bomb), Err("a page says that it is larger than any may be"));
        let small = [0x15, 0, 0x15, 0x08, 0x15, 0, 0];
        assert_eq!(check(&small), Ok(()));
        let negative = [0x15, 0, 0x15, 0x01, 0x15, 0, 0];
        assert!(check(&negative).is_err());
    }

    #[test]
    fn bytes_at_random_never_panic() {
        let chunk = chunks().remove(1);
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let mut bytes = chunk[..random.usize(..400)].to_vec();
            for _ in 0..random.usize(1..6) {
                if let Some(byte) = bytes.get_mut(random.usize(..400)) {
                    *byte = random.u8(..);
                }
            }
            let _either_way = check(&bytes);
        }
        let deep = [0x1c; 200];
        assert!(check(&deep).is_err(), "structs within structs end");
    }
}
