//! Files damaged at random, for tests that nothing makes the crate panic or lie.

/// Sound files of several kinds, which are then damaged.
const SEEDS: [&str; 7] = [
    "~V\nVERS. 2.0:\nWRAP. NO:\n~W\nNULL. -999.25:\nCOMP. ACME: c\n~C\nDEPT.M:\nGR.API:\n~A\n1 2\n3 4\n",
    "~V\nVERS. 2.0:\nWRAP. YES:\n~W\nNULL. -999.25:\n~C\nDEPT.M:\nGR.API:\nB.:\n~A\n1\n2 3\n4\n5 6\n",
    "~V\nVERS. 2.0:\nDLM. COMMA:\nWRAP. NO:\n~W\nNULL. -999.25:\n~C\nDEPT.M:\nGR.API:\n~A\n1,\"a,b\"\n3,4\n",
    "~V\nVERS. 1.2:\nWRAP. NO:\n~W\nCOMP. COMPANY: x\n~C\nDEPT.M:\nGR.API:\n~A\n1.5-2.5\n**** 1,5D3\n20.01.2020\n3 4\n",
    "~V\nVERS. 3.0:\nWRAP. NO:\nDLM. COMMA:\n~W\nNULL. -1:\n~Core_Definition\nA. : {F}\nB. : {S} | R[1]\n~Core_Data[1] | Core_Definition\n1,\"x\ny\"\n2,\n~Core_Data[2] | Core_Definition\n3,z\n",
    "~V\nVERS. 3.0:\nWRAP. NO:\nDLM. TAB:\n~Parameter\nA. 1:\n~Curve\nD.M: d\nN[1]. :\nN[2]. :\n~Ascii\n# c\n\t1\t2\t\n\t2\t\t4\n",
    "# text\n~V\nVERS. 3.0:\nWRAP. NO:\n~P\nA.M 1 : b {F} | R\n~Log_Definition\nD.M: d {F}\nT. : {S}\n~Log_Data | Log_Definition\n1 \"a b\"\n2 c\n",
];

/// Bytes that mean something.
const PIECES: [&[u8]; 18] = [
    b"~",
    b"\n~A\n",
    b"\r",
    b":",
    b".",
    b"..",
    b"\"",
    b",",
    b"\t",
    b"****",
    b"-",
    b"\xFF\xFE",
    b"\0",
    b"{",
    b"|",
    b"[2]",
    b"#",
    b"\n",
];

/// Calls `look` with so many damaged files; the same ones every time.
pub(crate) fn each(rounds: usize, mut look: impl FnMut(&[u8])) {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % (below as u64)).unwrap()
    };
    for round in 0..rounds {
        let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..=next(6) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = u8::try_from(next(256)).unwrap(),
                2 => drop(bytes.splice(at..at, PIECES[next(PIECES.len())].iter().copied())),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        look(&bytes);
    }
}
