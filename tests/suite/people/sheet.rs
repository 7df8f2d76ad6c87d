//! The recovery words as a QR code: on a sheet, on the terminal, and back again.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use dataforge_tests::program::{Place, has_tool, program, skip};

/// Reads a code from its modules, as a camera's software does.
fn scan(modules: &[Vec<bool>]) -> String {
    let grid = rqrr::SimpleGrid::from_func(modules.len(), |x, y| modules[y][x]);
    rqrr::Grid::new(grid).decode().unwrap().1
}

/// Paints the path of a sheet.
fn modules_of_path(svg: &str) -> Vec<Vec<bool>> {
    let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = Vec::new();
    for run in path.split('z').filter(|run| !run.is_empty()) {
        let (from, rest) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = from.split_once(' ').unwrap();
        let length: usize = rest.split('v').next().unwrap().parse().unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        dark.extend((x..x + length).map(|x| (x, y)));
    }
    let size = dark.iter().map(|(x, _)| x + 1).max().unwrap();
    let mut modules = vec![vec![false; size]; size];
    dark.into_iter().for_each(|(x, y)| modules[y][x] = true);
    modules
}

/// Reads half blocks back: light blocks are white paper.
fn modules_of_blocks(text: &str) -> Vec<Vec<bool>> {
    let is_block = |line: &&str| !line.is_empty() && line.chars().all(|c| "█▀▄ ".contains(c)) && line.contains('█');
    let mut rows = Vec::new();
    for line in text.lines().map(|line| line.trim_end_matches('\r')).filter(is_block) {
        rows.push(line.chars().map(|c| !"█▀".contains(c)).collect::<Vec<_>>());
        rows.push(line.chars().map(|c| !"█▄".contains(c)).collect());
    }
    const QUIET: usize = 4;
    let size = rows[0].len() - 2 * QUIET;
    rows[QUIET..QUIET + size].iter().map(|row| row[QUIET..QUIET + size].to_vec()).collect()
}

#[test]
fn a_sheet_has_the_words_for_eyes_and_scanners_and_is_its_owners_only() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (sheet, other) = (path("sheet.svg"), path("other.svg"));
    // What cannot be written is said before anything is made.
    std::fs::write(&other, "mine").unwrap();
    assert!(ada.fails(&["init", "Field", "--qr", &other], 2).contains("exists already"));
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    assert!(ada.fails(&["init", "Field", "--qr", &path("sheet.pdf")], 2).contains(".svg"));
    ada.fails(&["init", "Field", "--qr", &path("none/sheet.svg")], 8);
    assert!(ada.fails(&["init", "a\u{1}", "--qr", &sheet], 2).contains("name"));
    assert!(!std::path::Path::new(&sheet).exists(), "no words, no sheet");
    assert!(!ada.path().join("keys/device.key").exists());
    let made = ada.json(&["init", "Field", "--name", "Ada <&> Co", "--qr", &sheet]);
    let words = made["recovery_words"].as_str().unwrap();
    assert_eq!(std::fs::metadata(&sheet).unwrap().permissions().mode() & 0o777, 0o600);
    let svg = std::fs::read_to_string(&sheet).unwrap();
    assert!(svg.contains("Ada &lt;&amp;&gt; Co") && !svg.contains("<&>"), "{svg}");
    for (at, word) in words.split(' ').enumerate() {
        assert!(svg.contains(&format!(">{:>2} {word}<", at + 1)), "{word} in {svg}");
    }
    let scanned = scan(&modules_of_path(&svg));
    assert_eq!(scanned.to_ascii_lowercase(), words);
    // What a scanner reads is taken as it is.
    let read = path("words");
    std::fs::write(&read, &scanned).unwrap();
    ada.json(&["key", "check", "--words", "--words-file", &read]);
    ada.json(&["device", "renew", "--words-file", &read]);
    ada.json(&["recover", "--yes", "--words-file", &read]);
    // The words are shown once: later there is nothing to write.
    assert!(ada.fails(&["init", "Other", "--qr", &path("late.svg")], 2).contains("identity here already"));
    assert!(!std::path::Path::new(&path("late.svg")).exists());
    assert!(!ada.path().join("sheet.svg").exists());
}

#[test]
fn a_terminal_shows_the_words_as_a_code_once() {
    if !has_tool("script") {
        return skip("a_terminal_shows_the_words_as_a_code_once", "script, which gives a terminal");
    }
    let show = |place: &Place, args: &str| {
        let line = format!("'{}' --dir '{}' {args}", program().display(), place.path().display());
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]);
        place.set_environment(&mut command);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let ada = Place::new("ada");
    let told = show(&ada, "init Field --name Ada");
    let scanned = scan(&modules_of_blocks(&told));
    let words: Vec<_> = scanned.split(' ').collect();
    assert_eq!(words.len(), 24);
    for (at, word) in words.iter().enumerate() {
        let numbered = format!("{:>2} {} ", at + 1, word.to_ascii_lowercase());
        assert!(told.contains(&numbered), "{numbered} in {told}");
    }
    assert!(!show(&ada, "init Second").contains('█'), "there are no new words");
    let told = show(&Place::new("bob"), "init Field --name Bob --no-qr");
    assert!(told.contains("24 ") && !told.contains('█'), "{told}");
    // Into a pipe there is no code.
    let cyd = Place::new("cyd");
    assert!(!String::from_utf8(cyd.ok(["init", "Field"])).unwrap().contains('█'));
}
