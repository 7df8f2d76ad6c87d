//! What the layout promises, and that no byte of it can be changed unseen.

use super::*;

/// Cheap enough to try every byte.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
const SECRET: [u8; 32] = [7; 32];

fn sealed(cost: Cost) -> [u8; SEALED_BYTES] {
    Seal::derive("right one", cost, [1; 16]).unwrap().close(&SECRET, [2; 12])
}

/// Puts a checksum behind what was changed, as who changes a file on purpose would.
fn with_checksum(mut file: Vec<u8>) -> Vec<u8> {
    let split = file.len() - CHECKSUM;
    let checksum = blake3::hash(&file[..split]);
    file[split..].copy_from_slice(checksum.as_bytes());
    file
}

fn open(file: &[u8], passphrase: &str) -> Result<[u8; 32], SealError> {
    Ok(*Sealed::read(file)?.open(passphrase)?.0)
}

/// The vector of `docs/keys.md`, which the reference implementations of Argon2, ChaCha20-Poly1305 and
/// BLAKE3 made.
#[test]
fn the_vector_of_the_documentation_is_made_and_opened() {
    let document = include_str!("../../../docs/keys.md");
    let start = document.find("<!-- vector -->\n```\n").expect("the vector is marked") + "<!-- vector -->\n```\n".len();
    let hex: String = document[start..].split("```").next().unwrap().split_whitespace().collect();
    let vector = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    let counting = |from: u8| -> [u8; 32] { std::array::from_fn(|at| from + u8::try_from(at).unwrap()) };
    let salt: [u8; 16] = counting(0)[..16].try_into().unwrap();
    let nonce: [u8; 12] = counting(0x20)[..12].try_into().unwrap();
    let seal = Seal::derive("correct horse battery staple", Cost::RECOMMENDED, salt).unwrap();
    assert_eq!(seal.close(&counting(0x40), nonce).as_slice(), vector);
    assert_eq!(open(&vector, "correct horse battery staple"), Ok(counting(0x40)));
}

#[test]
fn another_passphrase_is_said_to_be_another_one() {
    let file = sealed(CHEAP);
    assert_eq!(open(&file, "right one"), Ok(SECRET));
    for wrong in ["Right one", "right one ", "", "right onf"] {
        assert_eq!(open(&file, wrong), Err(SealError::Passphrase), "{wrong:?}");
    }
}

#[test]
fn every_flipped_bit_and_every_missing_end_is_damage() {
    let file = sealed(CHEAP);
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut flipped = file;
            flipped[at] ^= 1 << bit;
            assert_eq!(Sealed::read(&flipped).err(), Some(SealError::Checksum), "bit {bit} of byte {at}");
        }
        assert_eq!(Sealed::read(&file[..at]).err(), Some(SealError::Checksum), "the first {at} bytes");
    }
    assert_eq!(Sealed::read(&[&file[..], &[0]].concat()).err(), Some(SealError::Checksum));
}

/// The checksum keeps no secret: who writes a file can make it fit. Then the cipher finds it.
#[test]
fn no_byte_can_be_changed_on_purpose() {
    let file = sealed(CHEAP);
    for at in 0..HEADER + BODY {
        for bit in 0..8 {
            let mut changed = file.to_vec();
            changed[at] ^= 1 << bit;
            // A cost of up to 1 GiB is a sound one; it is tried where it is cheap.
            let changed = with_checksum(changed);
            if Sealed::read(&changed).is_ok_and(|sealed| sealed.cost().memory_kib > 1 << 10) {
                continue;
            }
            let opened = open(&changed, "right one");
            let expected = match at {
                0..16 => matches!(opened, Err(SealError::Checksum)),
                16 => matches!(opened, Err(SealError::Version(_))),
                17..19 => matches!(opened, Err(SealError::Unknown { .. })),
                19..28 => matches!(opened, Err(SealError::Cost(_) | SealError::Passphrase)),
                _ => opened == Err(SealError::Passphrase),
            };
            assert!(expected, "bit {bit} of byte {at}: {opened:?}");
        }
    }
    assert_eq!(Sealed::read(&with_checksum([&file[..], &[0]].concat())).err(), Some(SealError::Length(137)));
}

#[test]
fn a_cost_beyond_bounds_is_refused_before_it_is_paid() {
    for cost in [
        Cost { memory_kib: 7, ..CHEAP },
        Cost { memory_kib: MAX_MEMORY_KIB + 1, ..CHEAP },
        Cost { memory_kib: 8 * 4 - 1, lanes: 4, ..CHEAP },
        Cost { passes: 0, ..CHEAP },
        Cost { passes: MAX_PASSES + 1, ..CHEAP },
        Cost { lanes: 0, ..CHEAP },
        Cost { memory_kib: 1 << 10, lanes: MAX_LANES + 1, ..CHEAP },
    ] {
        assert_eq!(Seal::derive("right one", cost, [1; 16]).err(), Some(SealError::Cost(cost)));
        let mut file = sealed(CHEAP).to_vec();
        file[19] = cost.lanes;
        file[20..24].copy_from_slice(&cost.memory_kib.to_le_bytes());
        file[24..28].copy_from_slice(&cost.passes.to_le_bytes());
        assert_eq!(Sealed::read(&with_checksum(file)).err(), Some(SealError::Cost(cost)));
    }
}

#[test]
fn a_seal_says_nothing_secret() {
    let seal = Seal::derive("right one", CHEAP, [1; 16]).unwrap();
    assert_eq!(format!("{seal:?}"), format!("Seal {{ cost: {CHEAP:?}, .. }}"));
    assert_ne!(seal.close(&SECRET, [2; 12])[HEADER..HEADER + 32], SECRET);
}
