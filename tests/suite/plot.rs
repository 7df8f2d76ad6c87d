//! Printed charts, read in the files: scales, grids, headings, and what is absent.

use std::path::Path;
use std::process::Command;

use dataforge_tests::program::{Place, skip};
use serde_json::Value;

/// Points to a metre at 1:500.
const PER_METRE: f64 = 72.0 / 0.0254 / 500.0;

/// A log from 1000 to 1100 m with gamma ray, density and neutron, a gap in the gamma ray.
fn log(name: &str, uwi: &str, curve: &str) -> String {
    let mut text = format!(
        "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 1000 :\n STOP.M 1100 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
         WELL. {name} :\n UWI. {uwi} :\n FLD. Greenfield :\n COMP. Anvil Energy :\n EKB.M 30.5 :\n~Curve\n DEPT.M :\n \
         {curve}.GAPI :\n RHOB.K/M3 :\n NPHI.V/V :\n~A\n"
    );
    for row in 0..=200 {
        let depth = f64::from(row).mul_add(0.5, 1000.0);
        let gamma = if (80..90).contains(&row) { -999.25 } else { f64::from(row % 60) * 2.0 };
        text.push_str(&format!("{depth} {gamma} {} {}\n", 2200 + row, 0.1 + f64::from(row % 20) / 100.0));
    }
    text
}

fn field(dir: &Path) -> Place {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    std::fs::write(dir.join("a.las"), log("Alpha 1", "42501201300300", "GR")).unwrap();
    ada.json(&["import", dir.to_str().unwrap()]);
    ada
}

/// Prints into a file; returns the reply.
fn plot(place: &Place, args: &[&str], file: &Path) -> Value {
    let out = ["--force", "--out", file.to_str().unwrap()];
    place.json(&[&["plot"][..], args, &out[..]].concat())
}

/// What a program of poppler says of a file; none when it is not there.
fn poppler(program: &str, args: &[&str]) -> Option<Vec<u8>> {
    let output = match Command::new(program).args(args).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skip("printed charts", program);
            return None;
        }
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// The words of a page with the y of their upper edges, in points.
fn words(file: &Path) -> Option<Vec<(String, f64)>> {
    let text = String::from_utf8(poppler("pdftotext", &["-bbox", file.to_str().unwrap(), "-"])?).unwrap();
    let word = |line: &str| {
        let (_, rest) = line.split_once("yMin=\"")?;
        let (y, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once('>')?;
        Some((rest.split_once("</word>")?.0.to_owned(), y.parse().ok()?))
    };
    Some(text.lines().filter_map(word).collect())
}

fn y(words: &[(String, f64)], wanted: &str) -> f64 {
    words.iter().find(|(word, _)| word == wanted).unwrap_or_else(|| panic!("no {wanted} in {words:?}")).1
}

#[test]
fn a_pdf_at_1_to_500_has_its_scale_its_grid_and_its_heading_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let file = dir.path().join("alpha.pdf");
    let reply = plot(&ada, &["Alpha 1", "--scale", "500", "--heading", "--note", "for the meeting"], &file);
    assert!((reply["points_per_metre"].as_f64().unwrap() - PER_METRE).abs() < 1e-9, "{reply}");
    assert_eq!((&reply["from"], &reply["to"], &reply["unit"]), (&1000.0.into(), &1100.0.into(), &"m".into()));
    let absent = reply["absent"].as_array().unwrap();
    assert!(absent.iter().any(|why| why.as_str().unwrap().starts_with("CALI: no such curve")), "{absent:?}");
    let Some(words) = words(&file) else { return };
    // Strong numbers are 25 m apart: in points of the page.
    for (upper, lower) in [("1025", "1050"), ("1050", "1075")] {
        let distance = y(&words, lower) - y(&words, upper);
        assert!((distance - 25.0 * PER_METRE).abs() < 0.05, "{upper} to {lower}: {distance}");
    }
    let distance = y(&words, "1035") - y(&words, "1030");
    assert!((distance - 5.0 * PER_METRE).abs() < 0.05, "{distance}");
    let text = String::from_utf8(poppler("pdftotext", &["-layout", file.to_str().unwrap(), "-"]).unwrap()).unwrap();
    for wanted in [
        "Alpha 1",
        "Triple combo",
        "42501201300300",
        "Greenfield",
        "Anvil Energy",
        "EKB",
        "30.5",
        "1:500",
        "GR",
        "RHOB",
        "NPHI",
        "1.95",
        "2.95",
        "0.45",
        "-0.15",
        "gAPI",
        "for the meeting",
        "DataForge",
        "1000 to 1100 m",
        "no such curve",
    ] {
        assert!(text.contains(wanted), "{wanted:?} in {text}");
    }
    let page = dir.path().join("page");
    let painted = poppler("pdftoppm", &["-r", "50", "-png", file.to_str().unwrap(), page.to_str().unwrap()]);
    assert!(
        painted.is_some()
            && std::fs::read_dir(dir.path()).unwrap().flatten().any(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                name.starts_with("page") && entry.metadata().unwrap().len() > 1000
            })
    );
    let again = dir.path().join("again.pdf");
    plot(&ada, &["Alpha 1", "--scale", "500", "--heading", "--note", "for the meeting"], &again);
    assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(&again).unwrap(), "the same data give the same bytes");
}

#[test]
fn the_grid_of_an_svg_is_a_metre_apart_at_1_to_500_and_feet_at_1_to_240() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let file = dir.path().join("alpha.svg");
    let lines = |args: &[&str]| {
        let reply = plot(&ada, args, &file);
        let text = std::fs::read_to_string(&file).unwrap();
        let (_, grid) = text.split_once("<g id=\"grid-").unwrap();
        let (path, _) = grid.split_once("d=\"").unwrap().1.split_once('"').unwrap();
        // Each line is M x y L x y; the first path of a grid are its light level lines.
        let y = |line: &str| line.split(['L', ' ']).nth(1).unwrap().parse::<f64>().unwrap();
        let found: Vec<f64> = path.split('M').filter(|line| !line.is_empty()).map(y).collect();
        (reply, found)
    };
    let (_, metres) = lines(&["Alpha 1", "--scale", "500"]);
    assert_eq!(metres.len(), 101);
    assert!(metres.windows(2).all(|pair| (pair[1] - pair[0] - PER_METRE).abs() < 0.01), "{metres:?}");
    let (reply, feet) = lines(&["Alpha 1", "--scale", "240", "--unit", "ft", "--depth", "3300", "3500"]);
    assert_eq!(reply["unit"], "ft");
    assert!((reply["points_per_unit"].as_f64().unwrap() - 3.6).abs() < 1e-9, "{reply}");
    assert!(feet.windows(2).all(|pair| (pair[1] - pair[0] - 7.2).abs() < 0.01), "every two feet: {feet:?}");
}

#[test]
fn pages_carry_depths_on_and_pictures_have_their_dots() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let pdf = dir.path().join("alpha.pdf");
    let reply = plot(&ada, &["Alpha 1", "--scale", "200", "--paper", "a4", "--theme", "mono"], &pdf);
    assert!(reply["sheets"].as_u64().unwrap() >= 2, "{reply}");
    assert!((reply["width"].as_f64().unwrap() - 595.276).abs() < 0.01, "{reply}");
    let png = dir.path().join("alpha.png");
    let reply = plot(&ada, &["Alpha 1", "--scale", "1000", "--dpi", "100"], &png);
    let bytes = std::fs::read(&png).unwrap();
    let side = |at: usize| f64::from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()));
    assert_eq!(&bytes[1..4], b"PNG");
    assert!((side(16) - (reply["width"].as_f64().unwrap() * 100.0 / 72.0).ceil()).abs() <= 1.0);
    assert!((side(20) - (reply["height"].as_f64().unwrap() * 100.0 / 72.0).ceil()).abs() <= 1.0);
    let svg = ada.ok(["plot", "Alpha 1", "--format", "svg", "--out", "-"]);
    assert!(svg.starts_with(b"<svg "), "standard output is the file and nothing else");
}

#[test]
fn every_template_prints_and_says_what_it_has_not() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let templates = ada.json(&["charts", "templates"])["templates"].as_array().unwrap().clone();
    for template in &templates {
        let name = template["name"].as_str().unwrap();
        let file = dir.path().join(format!("{name}.pdf"));
        let reply = plot(&ada, &["Alpha 1", "--template", name], &file);
        assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF"), "{name}");
        let is_log = ["log_tracks", "coverage"].contains(&template["kind"].as_str().unwrap());
        assert_eq!(reply["scale"].is_number(), is_log, "{name}: {reply}");
    }
    let quad = plot(&ada, &["Alpha 1", "--template", "quad-combo"], &dir.path().join("quad.pdf"));
    let absent = quad["absent"].to_string();
    assert!(absent.contains("DT: no such curve") && !absent.contains("GR"), "{absent}");
}

#[test]
fn odd_wells_print_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let long = "GAMMA_RAY_CORRECTED_FOR_BOREHOLE_SIZE_XY";
    assert_eq!(long.len(), 40);
    std::fs::write(dir.path().join("b.las"), log("شركة النفط", "42501201310300", long)).unwrap();
    let empty = log("Gamma 1", "42501201320300", "GR");
    let (head, _) = empty.split_once("1000 0").unwrap();
    std::fs::write(dir.path().join("c.las"), format!("{head}1000 -999.25 -999.25 -999.25\n")).unwrap();
    for name in ["b.las", "c.las"] {
        ada.json(&["import", dir.path().join(name).to_str().unwrap()]);
    }
    let curves = ada.json(&["curves"])["curves"].as_array().unwrap().clone();
    let curve = curves.iter().find(|curve| curve["mnemonic"] == long).unwrap();
    let source = format!("source={}:{}", curve["run"].as_str().unwrap(), curve["ordinal"]);
    ada.json(&["charts", "create", "--kind", "log_tracks", "--well", "شركة النفط", "--title", "one"]);
    ada.json(&["charts", "add-track", "one", "kind=curves", "title=T"]);
    ada.json(&["charts", "add-series", "one", &source, "track=T"]);
    for format in ["pdf", "svg", "png"] {
        let file = dir.path().join(format!("one.{format}"));
        let reply = plot(&ada, &["--chart", "one", "--heading"], &file);
        assert_eq!(reply["absent"], Value::Array(Vec::new()), "{reply}");
        let reply = plot(&ada, &["Gamma 1", "--heading"], &file);
        assert_eq!(reply["well"], "Gamma 1", "a well without values is its headings, or an empty log");
    }
    let svg = std::fs::read_to_string(dir.path().join("one.svg")).unwrap();
    assert!(svg.contains("Gamma 1"));
    // As a template of another well it shows nothing of its own.
    let file = dir.path().join("other.pdf");
    let (own, other) = (plot(&ada, &["--chart", "one"], &file), plot(&ada, &["Gamma 1", "--chart", "one"], &file));
    assert_eq!(other["well"], "Gamma 1");
    assert!(own["to"].is_f64() && own["to"] != other["to"], "{other}");
    let svg =
        String::from_utf8(ada.ok(["plot", "--chart", "one", "--heading", "--format", "svg", "--out", "-"])).unwrap();
    assert!(svg.contains("شركة النفط") && svg.contains(&long[..8]), "the name is in it as it is");
}

#[test]
fn what_makes_no_plot_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let out = dir.path().join("x.pdf");
    let refused = |args: &[&str], code: i32, word: &str| {
        let said = ada.fails(&[&["plot"][..], args, &["--out", out.to_str().unwrap()][..]].concat(), code);
        assert!(said.contains(word), "{args:?}: {said}");
        assert!(!out.exists(), "{args:?} left half a file");
    };
    refused(&["Alpha 1", "--scale", "0"], 2, "scale");
    refused(&["Alpha 1", "--depth", "1100", "1000"], 2, "interval");
    refused(&["Alpha 1", "--paper", "b5"], 2, "a4");
    refused(&["Alpha 1", "--theme", "pink"], 2, "mono");
    refused(&["Alpha 1", "--unit", "degC"], 2, "length");
    refused(&["Alpha 1", "--template", "nothing"], 3, "templates");
    refused(&["Omega 1"], 3, "Omega 1");
    refused(&["Alpha 1", "--format", "svg", "--paper", "a4"], 2, "PDF");
    refused(&["Alpha 1", "--format", "png", "--dpi", "2400", "--scale", "20"], 2, "pixels");
}
