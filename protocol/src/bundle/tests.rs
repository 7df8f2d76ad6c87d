//! What is read of bundles that are right, and of those that are not.

use std::io::{self, Read};

use iroh_base::SecretKey;

use super::*;
use crate::holding::BlobSet;
use crate::id::{BundleId, DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::{Signature, device_id};

fn secret() -> SecretKey {
    SecretKey::from_bytes(&[5; 32])
}

fn entry(number: u8) -> SignedEntry {
    SignedEntry {
        header: vec![number; 130 + usize::from(number)],
        signature: Signature::from_bytes(&[number; 64]),
        body: vec![number; usize::from(number) * 3],
    }
}

fn wants() -> Vec<ChainBlobs> {
    vec![ChainBlobs { device: DeviceId([1; 32]), numbers: BlobSet::from_sorted([3, 4, 5, 900]) }]
}

/// A bundle in one volume, with what is to be found in it.
struct Built {
    manifest: Manifest,
    content: Vec<u8>,
    items: Vec<Item>,
    blobs: Vec<Vec<u8>>,
}

fn build(blobs: usize) -> Built {
    let mut sections = Vec::new();
    let mut content = Vec::new();
    let mut items = Vec::new();
    let mut blobs: Vec<Vec<u8>> = (0..blobs).map(|at| vec![at as u8; at * 700]).collect();
    blobs.sort_by_key(|bytes| BlobHash::of(bytes));
    let refs: Vec<_> =
        blobs.iter().map(|bytes| BlobRef { hash: BlobHash::of(bytes), size: bytes.len() as u64 }).collect();
    for part in PARTS {
        let chain = DeviceTips { device: DeviceId([7; 32]), tips: vec![(4, EntryId([8; 32]))] };
        let statement = SignedHolding { bytes: vec![9; 90], signature: Signature::from_bytes(&[1; 64]) };
        let records: Vec<(Vec<u8>, Option<Item>)> = match part {
            Part::Tips => tips_records(&chain).into_iter().map(|row| (row, Some(Item::Tips(chain.clone())))).collect(),
            Part::Table => refs.iter().map(|blob| (table_row(blob).to_vec(), None)).collect(),
            Part::Ops => (1..4).map(|at| (entry_record(&entry(at)), Some(Item::Op(entry(at))))).collect(),
            Part::Entries => (4..40).map(|at| (entry_record(&entry(at)), Some(Item::Entry(entry(at))))).collect(),
            Part::Holdings => vec![(holding_record(&statement), Some(Item::Holding(statement)))],
            Part::Wants => vec![(wants_record(Some(&wants())), Some(Item::Wants(Some(wants()))))],
        };
        let mut tally = Tally::default();
        for (record, item) in records {
            tally.add(&record);
            content.extend(record);
            items.extend(item);
        }
        sections.push(tally.section());
    }
    items.extend(refs.iter().map(|blob| Item::Blob(*blob)));
    blobs.iter().for_each(|bytes| content.extend(bytes));
    let manifest = Manifest {
        workspace: WorkspaceId([2; 32]),
        exporter: device_id(&secret()),
        made_ms: 77,
        base: Some(BundleId([3; 32])),
        audience: Some(PersonId([4; 32])),
        sections: sections.try_into().unwrap(),
        blob_bytes: blobs.iter().map(|bytes| bytes.len() as u64).sum(),
        volume_bytes: content.len() as u64,
        volumes: 1,
    };
    Built { manifest, content, items, blobs }
}

fn read_blob<S: Source>(reader: &mut Reader<S>) -> Result<Vec<u8>, BundleError> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 1000]);
    loop {
        match reader.read_blob(&mut buffer)? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

type Content = (Vec<Item>, Vec<Vec<u8>>);

fn read_all(manifest: &Manifest, source: impl Source) -> Result<Content, BundleError> {
    let mut reader = Reader::new(manifest.clone(), source);
    let (mut items, mut blobs) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next_item()? {
        if matches!(item, Item::Blob(_)) {
            blobs.push(read_blob(&mut reader)?);
        }
        items.push(item);
    }
    assert!(reader.next_item()?.is_none(), "the end stays the end");
    assert_eq!(reader.at(), manifest.content_bytes());
    Ok((items, blobs))
}

/// A volume as a file, and what is read of one.
fn volume(built: &Built) -> Vec<u8> {
    let manifest = SignedManifest::sign(&built.manifest, &secret()).unwrap();
    let mut bytes = VolumeHeader { number: 1, manifest }.to_bytes();
    bytes.extend_from_slice(&built.content);
    bytes
}

fn read_volume(mut bytes: &[u8]) -> Result<Content, BundleError> {
    let (header, manifest) = VolumeHeader::read(&mut bytes)?;
    assert_eq!(header.byte_len(), header.to_bytes().len() as u64);
    read_all(&manifest, bytes)
}

/// Gives a byte at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let few = buffer.len().min(1);
        self.0.read(&mut buffer[..few])
    }
}

impl Source for Slow<'_> {}

#[test]
fn a_bundle_comes_back_in_whatever_pieces() {
    let built = build(9);
    let (items, blobs) = read_volume(&volume(&built)).unwrap();
    assert_eq!((&items, &blobs), (&built.items, &built.blobs));
    assert_eq!(read_all(&built.manifest, Slow(&built.content)).unwrap(), (items, blobs));
    let none = build(0);
    assert_eq!(read_volume(&volume(&none)).unwrap(), (none.items, Vec::new()));
}

#[test]
fn blobs_may_be_passed_over_whole_or_in_part() {
    let built = build(9);
    let mut reader = Reader::new(built.manifest.clone(), built.content.as_slice());
    let mut taken = Vec::new();
    let mut seen = 0;
    while let Some(item) = reader.next_item().unwrap() {
        if matches!(item, Item::Op(_)) {
            assert_eq!(reader.table().len(), 9, "the table is known before the first op");
        }
        if matches!(item, Item::Blob(_)) {
            seen += 1;
            match seen % 3 {
                0 => taken.push(read_blob(&mut reader).unwrap()),
                1 => drop(reader.read_blob(&mut [0; 10])),
                _ => {}
            }
        }
    }
    let expected: Vec<_> = built.blobs.iter().skip(2).step_by(3).cloned().collect();
    assert_eq!(taken, expected);
}

#[test]
fn nothing_that_was_cut_short_is_a_bundle() {
    let bytes = volume(&build(5));
    let ends = (0..200).map(|at| at * bytes.len() / 200).chain([bytes.len() - 1]);
    for end in ends {
        let error = read_volume(&bytes[..end]).unwrap_err();
        assert!(matches!(error, BundleError::Truncated { .. } | BundleError::NotABundle), "{end}: {error:?}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(read_volume(&longer), Err(BundleError::Trailing)));
}

#[test]
fn no_bundle_with_a_bit_changed_is_taken() {
    let built = build(5);
    let bytes = volume(&built);
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..500 {
        let (at, bit) = (random.usize(..bytes.len()), random.u8(..8));
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        let read = read_volume(&changed);
        // The number of the volume is not signed; another one is no volume of this bundle.
        assert!(read.is_err(), "bit {bit} of byte {at}");
    }
}

#[test]
fn a_damaged_blob_costs_that_one_only() {
    let mut built = build(4);
    let last = built.content.len() - 1;
    built.content[last] ^= 1;
    let mut reader = Reader::new(built.manifest.clone(), built.content.as_slice());
    let mut outcomes = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        if matches!(item, Item::Blob(_)) {
            outcomes.push(read_blob(&mut reader).is_ok());
        }
    }
    assert_eq!(outcomes, [true, true, true, false]);
}

/// Signs a manifest as no program would, past the check when it is made.
fn forged(manifest: &Manifest) -> SignedManifest {
    let bytes = manifest.to_bytes();
    let signature = crate::key::sign_bundle(&secret(), blake3::hash(&bytes).as_bytes());
    SignedManifest { bytes, signature }
}

#[test]
fn a_manifest_that_promises_what_cannot_be_is_refused() {
    let good = build(3).manifest;
    let refused = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = good.clone();
        change(&mut manifest);
        assert!(SignedManifest::sign(&manifest, &secret()).is_err(), "{manifest:?}");
        let error = forged(&manifest).verify().unwrap_err();
        assert!(matches!(error, BundleError::Bounds(_)), "{error:?}");
    };
    // A million entries of no size.
    refused(&|m| m.sections[Part::Entries as usize].count = 1_000_000);
    refused(&|m| m.sections[Part::Entries as usize] = Section { count: 1_000_000, bytes: 4_000_000, hash: [0; 32] });
    for part in PARTS {
        refused(&|m| m.sections[part as usize].count = u64::MAX);
        refused(&|m| m.sections[part as usize].count = part.max_records() + 1);
        refused(&|m| m.sections[part as usize].bytes = u64::MAX);
        refused(&|m| m.sections[part as usize].bytes = 0);
    }
    refused(&|m| m.blob_bytes = u64::MAX);
    refused(&|m| m.blob_bytes = 3 * limits::MAX_BLOB_BYTES + 1);
    refused(&|m| m.volumes = 0);
    refused(&|m| m.volumes = 2);
    refused(&|m| m.volume_bytes = 0);
    refused(&|m| m.volume_bytes = 1);
    refused(&|m| m.sections[Part::Wants as usize] = Section { count: 0, bytes: 0, hash: [0; 32] });
    let other = SecretKey::from_bytes(&[6; 32]);
    assert!(matches!(SignedManifest::sign(&good, &other), Err(BundleError::Bounds("exporter"))));
    let mut stolen = SignedManifest::sign(&good, &secret()).unwrap();
    stolen.signature = crate::key::sign_bundle(&other, blake3::hash(&stolen.bytes).as_bytes());
    assert!(matches!(stolen.verify(), Err(BundleError::Signature(_))));
    let holding = crate::key::sign_holding(&secret(), blake3::hash(&stolen.bytes).as_bytes());
    assert!(matches!(SignedManifest { signature: holding, ..stolen }.verify(), Err(BundleError::Signature(_))));
}

/// Puts other bytes in the place of a section, and signs that.
fn with_section(part: Part, records: &[Vec<u8>], change: impl FnOnce(&mut Manifest)) -> (Manifest, Vec<u8>) {
    let built = build(2);
    let before: u64 = PARTS.iter().take(part as usize).map(|part| built.manifest.section(*part).bytes).sum();
    let after = before + built.manifest.section(part).bytes;
    let mut tally = Tally::default();
    records.iter().for_each(|record| tally.add(record));
    let mut manifest = built.manifest.clone();
    manifest.sections[part as usize] = tally.section();
    change(&mut manifest);
    manifest.volume_bytes = manifest.content_bytes();
    let (start, end) = built.content.split_at(usize::try_from(after).unwrap());
    let content = [&start[..usize::try_from(before).unwrap()], &records.concat(), end].concat();
    (manifest, content)
}

#[test]
fn a_blob_that_comes_twice_or_out_of_order_is_refused() {
    let refs = |content: &[u8]| {
        let mut reader = Reader::new(build(2).manifest, content);
        while reader.table().is_empty() {
            reader.next_item().unwrap();
        }
        reader.table().to_vec()
    };
    let built = build(2);
    let table = refs(&built.content);
    for rows in [vec![table[1], table[0]], vec![table[0], table[0], table[1]]] {
        let records: Vec<_> = rows.iter().map(|blob| table_row(blob).to_vec()).collect();
        let (manifest, content) = with_section(Part::Table, &records, |m| {
            m.blob_bytes = rows.iter().map(|blob| blob.size).sum();
        });
        forged(&manifest).verify().unwrap();
        let error = read_all(&manifest, content.as_slice()).unwrap_err();
        assert!(matches!(error, BundleError::Record { part: Part::Table, .. }), "{error:?}");
    }
    // Sizes that do not add up, or that no blob has.
    let huge = BlobRef { size: limits::MAX_BLOB_BYTES + 1, ..table[0] };
    for row in [BlobRef { size: table[0].size + 1, ..table[0] }, huge] {
        let records = [table_row(&row).to_vec(), table_row(&table[1]).to_vec()];
        let (manifest, content) = with_section(Part::Table, &records, |_| {});
        let error = read_all(&manifest, content.as_slice()).unwrap_err();
        assert!(matches!(error, BundleError::Record { part: Part::Table, .. }), "{error:?}");
    }
}

#[test]
fn lengths_that_lie_are_found_before_anything_of_that_length_is_read() {
    let mut lying = entry_record(&entry(4));
    lying[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut longer = entry_record(&entry(4));
    longer[..4].copy_from_slice(&250_000_u32.to_be_bytes());
    let mut shorter = entry_record(&entry(4));
    shorter[..4].copy_from_slice(&170_u32.to_be_bytes());
    let mut bomb = entry_record(&entry(4));
    // The length of the header, within the record.
    bomb[4..9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    for record in [lying, longer, shorter, bomb, vec![0; 300], vec![0xff; 300]] {
        let (manifest, content) = with_section(Part::Entries, &[record.clone(), entry_record(&entry(5))], |_| {});
        let error = read_all(&manifest, content.as_slice()).unwrap_err();
        let is_told = matches!(error, BundleError::Record { part: Part::Entries, .. } | BundleError::Section(_));
        assert!(is_told, "{error:?}");
    }
    // Fewer records than there are.
    let records = [entry_record(&entry(4)), entry_record(&entry(5))];
    let (manifest, content) = with_section(Part::Entries, &records, |m| m.sections[Part::Entries as usize].count = 1);
    assert!(matches!(read_all(&manifest, content.as_slice()), Err(BundleError::Section(Part::Entries))));
}

#[test]
fn random_bytes_are_never_more_than_an_error() {
    let built = build(3);
    let mut random = fastrand::Rng::with_seed(9);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..random.usize(..3000)).map(|_| random.u8(..)).collect();
        assert!(VolumeHeader::read(&mut bytes.as_slice()).is_err());
        assert!(read_all(&built.manifest, bytes.as_slice()).is_err());
    }
}

#[test]
fn content_is_cut_into_volumes_of_equal_size() {
    let mut manifest = build(5).manifest;
    let content = manifest.content_bytes();
    for size in [content, content - 1, content / 2, 100, 64] {
        manifest.volume_bytes = size;
        manifest.volumes = u32::try_from(Manifest::volumes_of(content, size)).unwrap();
        SignedManifest::sign(&manifest, &secret()).unwrap();
        let parts: Vec<_> = (1..=manifest.volumes).map(|number| manifest.volume_content(number)).collect();
        assert_eq!(parts.iter().sum::<u64>(), content, "{size}");
        assert!(parts.iter().all(|part| (1..=size).contains(part)), "{size}: {parts:?}");
    }
    assert_eq!(Manifest::volumes_of(0, 100), 1);
}

#[test]
fn a_volume_of_a_newer_format_is_told_from_what_is_none() {
    let mut bytes = volume(&build(1));
    bytes[8] = 2;
    assert!(matches!(read_volume(&bytes), Err(BundleError::Newer(2))));
    bytes[8] = 0;
    assert!(matches!(read_volume(&bytes), Err(BundleError::NotABundle)));
    assert!(matches!(read_volume(b"PK\x03\x04 something else"), Err(BundleError::NotABundle)));
}

#[test]
fn the_layout_is_the_documented_one() {
    let built = build(1);
    let bytes = volume(&built);
    let manifest = built.manifest.to_bytes();
    assert_eq!(bytes[..13], [b"dfbundle".as_slice(), &[1, 0, 1], &(manifest.len() as u16).to_be_bytes()].concat());
    assert_eq!(bytes[13..13 + manifest.len()], manifest);
    let start = [[2; 32], *device_id(&secret()).as_bytes()].concat();
    let rest = [&[77, 1][..], &[3; 32], &[1], &[4; 32]].concat();
    assert_eq!(manifest[..start.len() + rest.len()], [start, rest].concat());
    let tips = [&[0, 0, 0, 66][..], &[7; 32], &[1, 4], &[8; 32]].concat();
    assert_eq!(built.content[..70], tips);
    let empty = BlobHash::of(b"");
    assert_eq!(built.content[70..110], [empty.as_bytes().as_slice(), &[0; 8]].concat());
    assert_eq!(built.manifest.id().as_bytes(), blake3::hash(&manifest).as_bytes());
}

#[test]
fn wants_that_are_too_much_to_tell_ask_for_all() {
    let many = |chains: usize| -> Vec<ChainBlobs> {
        let device = |at: usize| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(at as u64).to_be_bytes());
            DeviceId(id)
        };
        (0..chains).map(|at| ChainBlobs { device: device(at), numbers: BlobSet::from_sorted([1]) }).collect()
    };
    let told = wants_record(Some(&many(limits::MAX_HOLDING_CHAINS)));
    assert!(told.len() > 5);
    assert_eq!(wants_record(Some(&many(limits::MAX_HOLDING_CHAINS + 1))), [0, 0, 0, 1, 0]);
    assert_eq!(wants_record(None), [0, 0, 0, 1, 0]);
}
