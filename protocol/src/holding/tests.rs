//! Tests of statements: what verifies, what is refused, which of two stands, and what is left out.

use super::*;

mod sets;

/// What a device says of as many chains as there are sets.
fn holding(secret: &SecretKey, sets: Vec<BlobSet>) -> Holding {
    let chain = |(place, numbers): (usize, BlobSet)| {
        let mut device = [0; 32];
        device[..8].copy_from_slice(&(place as u64).to_be_bytes());
        ChainBlobs { device: DeviceId(device), numbers }
    };
    Holding {
        workspace: WorkspaceId([1; 32]),
        device: device_id(secret),
        counter: 300,
        said_ms: 1_760_000_000_000,
        verified_ms: 0,
        chains: sets.into_iter().enumerate().map(chain).collect(),
    }
}

fn key() -> SecretKey {
    SecretKey::from_bytes(&[4; 32])
}

/// One chain as runs and one as a bitmap.
fn small() -> Holding {
    holding(&key(), vec![BlobSet::from_sorted([0, 1, 2, 7, 300]), every_second(40)])
}

fn every_second(below: u64) -> BlobSet {
    BlobSet::from_sorted((0..below).step_by(2))
}

/// Signs bytes whatever is in them.
fn signed(bytes: Vec<u8>) -> SignedHolding {
    let signature = sign_holding(&key(), blake3::hash(&bytes).as_bytes());
    SignedHolding { bytes, signature }
}

#[test]
fn statement_comes_back_and_answers() {
    let holding = small();
    let signed = SignedHolding::sign(&holding, &key()).unwrap();
    let back = signed.verify().unwrap();
    assert_eq!((&back, signed.read()), (&holding, Ok(holding.clone())));
    let HoldingHead { workspace, device, counter } = signed.head().unwrap();
    assert_eq!((workspace, device, counter), (holding.workspace, holding.device, 300));
    let [runs, bits] = [holding.chains[0].device, holding.chains[1].device];
    for (number, is_in_runs, is_in_bits) in [(0, true, true), (1, true, false), (4, false, true), (300, true, false)] {
        assert_eq!((back.has(&runs, number), back.has(&bits, number)), (is_in_runs, is_in_bits), "{number}");
    }
    assert!(!back.has(&holding.device, 0));
    let nothing = self::holding(&key(), Vec::new());
    assert_eq!(SignedHolding::sign(&nothing, &key()).unwrap().verify(), Ok(nothing));
}

#[test]
fn truncated_or_longer_bytes_are_refused() {
    let bytes = small().to_bytes();
    for end in 0..bytes.len() {
        assert_eq!(signed(bytes[..end].to_vec()).verify(), Err(HoldingError::Decode), "{end}");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(signed(longer).verify(), Err(HoldingError::NotCanonical));
}

#[test]
fn flipped_bit_is_refused_or_another_statement_that_nobody_signed() {
    let sound = SignedHolding::sign(&small(), &key()).unwrap();
    for bit in 0..sound.bytes.len() * 8 {
        let mut other = sound.clone();
        other.bytes[bit / 8] ^= 1 << (bit % 8);
        match other.read() {
            Ok(holding) => {
                assert_ne!(holding, small(), "bit {bit}");
                assert_eq!(holding.to_bytes(), other.bytes, "bit {bit}");
                assert_eq!(other.verify(), Err(HoldingError::Signature(BadSignature)), "bit {bit}");
            }
            Err(error) => assert_eq!(other.verify(), Err(error), "bit {bit}"),
        }
    }
    for bit in 0..512 {
        let mut signature = sound.signature.to_bytes();
        signature[bit / 8] ^= 1 << (bit % 8);
        let other = SignedHolding { signature: Signature::from_bytes(&signature), ..sound.clone() };
        assert_eq!(other.verify(), Err(HoldingError::Signature(BadSignature)), "bit {bit} of the signature");
    }
}

#[test]
fn longer_integer_is_refused() {
    let holding = small();
    let bytes = holding.to_bytes();
    assert_eq!(bytes[64..66], [0xac, 0x02], "the counter");
    let longer = [&bytes[..65], &[0x82, 0x00], &bytes[66..]].concat();
    assert_eq!(postcard::from_bytes::<Holding>(&longer), Ok(holding), "postcard reads it");
    assert_eq!(signed(longer).verify(), Err(HoldingError::NotCanonical));
}

#[test]
fn chains_out_of_order_or_empty_and_foreign_keys_are_refused() {
    let refused = |change: fn(&mut Holding), field| {
        let mut holding = small();
        change(&mut holding);
        let error = HoldingError::Field(field);
        assert_eq!(SignedHolding::sign(&holding, &key()), Err(error));
        assert_eq!(signed(holding.to_bytes()).verify(), Err(error));
    };
    refused(|holding| holding.chains.swap(0, 1), "chains");
    refused(|holding| holding.chains[1].device = holding.chains[0].device, "chains");
    refused(|holding| holding.chains[1].numbers = BlobSet::default(), "numbers");
    let other = SecretKey::from_bytes(&[5; 32]);
    assert_eq!(SignedHolding::sign(&small(), &other), Err(HoldingError::Field("device")));
    let claimed = Holding { device: device_id(&other), ..small() };
    assert_eq!(signed(claimed.to_bytes()).verify(), Err(HoldingError::Signature(BadSignature)));
}

#[test]
fn signature_of_something_else_is_none() {
    let bytes = small().to_bytes();
    let signature = crate::key::sign_entry(&key(), blake3::hash(&bytes).as_bytes());
    assert_eq!(SignedHolding { bytes, signature }.verify(), Err(HoldingError::Signature(BadSignature)));
}

#[test]
fn limits_of_bytes_and_chains_hold() {
    let one = || BlobSet::from_sorted([0]);
    let most = holding(&key(), vec![one(); limits::MAX_HOLDING_CHAINS]);
    assert!(SignedHolding::sign(&most, &key()).unwrap().verify().is_ok());
    let more = holding(&key(), vec![one(); limits::MAX_HOLDING_CHAINS + 1]);
    assert_eq!(SignedHolding::sign(&more, &key()), Err(HoldingError::Field("chains")));
    assert_eq!(signed(more.to_bytes()).verify(), Err(HoldingError::Field("chains")));
    // A bitmap that fills the limit, and one byte more.
    let empty = holding(&key(), vec![every_second(1 << 17)]).to_bytes().len() - (1 << 14);
    let bits = |bytes: usize| holding(&key(), vec![every_second(8 * bytes as u64)]);
    let full = bits(limits::MAX_HOLDING_BYTES - empty);
    assert_eq!(full.to_bytes().len(), limits::MAX_HOLDING_BYTES);
    assert!(SignedHolding::sign(&full, &key()).unwrap().verify().is_ok());
    let beyond = bits(limits::MAX_HOLDING_BYTES - empty + 1);
    let error = HoldingError::Size(limits::MAX_HOLDING_BYTES + 1);
    assert_eq!(SignedHolding::sign(&beyond, &key()), Err(error));
    assert_eq!(signed(beyond.to_bytes()).verify(), Err(error));
}

#[test]
fn mirror_and_every_second_blob_are_small() {
    let mirror = holding(&key(), vec![BlobSet::from_sorted(0..10_000); 20]);
    assert_eq!(mirror.chains.iter().map(|chain| chain.numbers.len()).sum::<u64>(), 200_000);
    let signed = SignedHolding::sign(&mirror, &key()).unwrap();
    assert!(signed.size() < 1_000, "{}", signed.size());
    let half = holding(&key(), vec![every_second(200_000)]);
    let signed = SignedHolding::sign(&half, &key()).unwrap();
    assert!(signed.size() < 26_000, "{}", signed.size());
    assert_eq!(signed.verify().unwrap().chains[0].numbers.len(), 100_000);
}

#[test]
fn later_statement_of_the_same_device_stands() {
    let sign = |holding: &Holding| SignedHolding::sign(holding, &key()).unwrap();
    let base = small();
    let (old, new) = (sign(&base), sign(&Holding { counter: 301, ..base.clone() }));
    assert!(new.supersedes(&old) && !old.supersedes(&new) && !old.supersedes(&old));
    // Two with one number: the same stands everywhere.
    let twin = sign(&Holding { said_ms: 1, ..base.clone() });
    let is_lower = blake3::hash(&twin.bytes).as_bytes() < blake3::hash(&old.bytes).as_bytes();
    assert_eq!((twin.supersedes(&old), old.supersedes(&twin)), (is_lower, !is_lower));
    let elsewhere = sign(&Holding { workspace: WorkspaceId([2; 32]), counter: 900, ..base.clone() });
    let key = SecretKey::from_bytes(&[5; 32]);
    let other = SignedHolding::sign(&Holding { device: device_id(&key), counter: 900, ..base }, &key).unwrap();
    assert!(!elsewhere.supersedes(&old) && !other.supersedes(&old));
    let garbage = SignedHolding { bytes: vec![1; 40], ..old.clone() };
    assert!(garbage.head().is_none() && !garbage.supersedes(&old) && !old.supersedes(&garbage));
}

#[test]
fn what_fits_stays_as_it_is() {
    let base = small();
    assert_eq!(base.clone().fit(), base);
    let mut shuffled = base.clone();
    shuffled.chains.reverse();
    shuffled.chains.push(ChainBlobs { device: DeviceId([9; 32]), numbers: BlobSet::default() });
    assert_eq!(shuffled.fit(), base);
}

#[test]
fn what_is_left_out_is_shortest_and_no_more_than_needed() {
    for seed in 0..4 {
        eprintln!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        // Gaps that no bitmap takes well, so that runs count.
        let mut set = |runs: usize| {
            let mut end = 0;
            BlobSet::from_runs((0..runs).map(|_| {
                let start = end + random.u64(60..120);
                end = start + random.u64(1..6);
                start..end
            }))
        };
        let full = holding(&key(), vec![set(150_000), set(10), set(150_000)]);
        assert!(full.to_bytes().len() > limits::MAX_HOLDING_BYTES);
        let fit = full.clone().fit();
        let bytes = SignedHolding::sign(&fit, &key()).unwrap().bytes.len();
        assert!(bytes > limits::MAX_HOLDING_BYTES - 16, "{bytes}");
        let lengths = |holding: &Holding| {
            let runs = holding.chains.iter().flat_map(|chain| chain.numbers.runs().map(|run| run.end - run.start));
            runs.collect::<Vec<_>>()
        };
        let shortest = lengths(&fit).into_iter().min().unwrap();
        let longer = |holding: &Holding| lengths(holding).into_iter().filter(|len| *len > shortest).count();
        assert_eq!(longer(&fit), longer(&full), "all that are longer than the shortest kept");
        for (kept, all) in fit.chains.iter().zip(&full.chains) {
            assert_eq!(kept.device, all.device);
            let all: std::collections::BTreeSet<_> = all.numbers.runs().map(|run| (run.start, run.end)).collect();
            assert!(kept.numbers.runs().all(|run| all.contains(&(run.start, run.end))));
        }
    }
}

#[test]
fn bitmaps_and_chains_beyond_the_limits_are_cut() {
    let beyond = holding(&key(), vec![every_second(5_000_000), BlobSet::from_sorted(0..9)]).fit();
    let bytes = SignedHolding::sign(&beyond, &key()).unwrap().bytes.len();
    assert!(bytes > limits::MAX_HOLDING_BYTES - 16, "{bytes}");
    assert_eq!(beyond.chains[1].numbers, BlobSet::from_sorted(0..9), "the longest run is kept");
    let more = limits::MAX_HOLDING_CHAINS + 5;
    let chains = (0..more).map(|place| BlobSet::from_sorted(0..1 + place as u64 % 2)).collect();
    let many = holding(&key(), chains).fit();
    assert_eq!(many.chains.len(), limits::MAX_HOLDING_CHAINS);
    assert!(SignedHolding::sign(&many, &key()).is_ok());
    assert_eq!(many.chains.iter().filter(|chain| chain.numbers.len() == 2).count(), more / 2);
}
