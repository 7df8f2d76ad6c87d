//! Joins two network devices by a bad line: `impair FIRST SECOND [--seed N]`.
//!
//! The devices are files that give and take one Ethernet frame at a time behind ten bytes of a
//! virtio header, as those of a macvtap do. Orders come as JSON lines on standard input; each is
//! answered by a line with counts. It ends with its input. See `docs/verification.md`.

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::fs::{File, OpenOptions};
use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dataforge_tests::impair::{Cut, Line, Order, Pump, Said};

/// The virtio header before each frame.
const HEADER: usize = 10;
/// That and the Ethernet header, which a bridge reads: damage there is loss.
const SPARED: usize = HEADER + 14;

/// The two directions.
#[derive(Clone)]
struct Ways {
    forward: Arc<Pump>,
    backward: Arc<Pump>,
}

impl Ways {
    fn say(&self, error: Option<String>) {
        let said = Said { forward: self.forward.counts(), backward: self.backward.counts(), error };
        println!("{}", serde_json::to_string(&said).expect("counts are JSON"));
    }

    fn obey(&self, order: Order) {
        let Order { after_ms: _, both, forward, backward, cut } = order;
        if let Some(profile) = forward.or_else(|| both.clone()) {
            self.forward.set_profile(profile);
        }
        if let Some(profile) = backward.or(both) {
            self.backward.set_profile(profile);
        }
        if let Some(cut) = cut {
            self.forward.set_cut(matches!(cut, Cut::Forward | Cut::Both));
            self.backward.set_cut(matches!(cut, Cut::Backward | Cut::Both));
        }
    }
}

fn open(path: &str) -> Result<File, String> {
    OpenOptions::new().read(true).write(true).open(path).map_err(|error| format!("cannot open {path}: {error}"))
}

/// Moves frames until a device is gone, which ends the program: it cannot do its work any more.
fn start(name: &str, work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), String> {
    let on = name.to_owned();
    let body = move || {
        let ended = work();
        eprintln!("{on}: {ended:?}");
        std::process::exit(1);
    };
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|error| format!("no thread for {name}: {error}"))
}

fn run(first: &str, second: &str, seed: u64) -> Result<(), String> {
    let (first, second) = (Arc::new(open(first)?), Arc::new(open(second)?));
    let pump = |seed| Arc::new(Pump::new(Line::new(seed, HEADER, SPARED)));
    let ways = Ways { forward: pump(seed), backward: pump(seed.wrapping_add(1)) };
    for (name, pump, from, to) in
        [("forward", &ways.forward, &first, &second), ("backward", &ways.backward, &second, &first)]
    {
        let (reader, from) = (Arc::clone(pump), Arc::clone(from));
        start(&format!("{name} in"), move || reader.read_from(&*from))?;
        let (writer, to) = (Arc::clone(pump), Arc::clone(to));
        start(&format!("{name} out"), move || writer.write_to(&*to))?;
    }
    ways.say(None);
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("no more orders: {error}"))?;
        match serde_json::from_str::<Order>(&line) {
            Ok(order) if order.after_ms > 0 => {
                let (later, pause) = (ways.clone(), Duration::from_millis(order.after_ms));
                std::thread::spawn(move || {
                    std::thread::sleep(pause);
                    later.obey(order);
                });
                ways.say(None);
            }
            Ok(order) => {
                ways.obey(order);
                ways.say(None);
            }
            Err(error) => ways.say(Some(format!("no order: {error}"))),
        }
    }
    ways.say(None);
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [first, second] => Some((first, second, 0)),
        [first, second, "--seed", seed] => seed.parse().ok().map(|seed| (first, second, seed)),
        _ => None,
    };
    let Some((first, second, seed)) = asked else {
        eprintln!("impair FIRST SECOND [--seed N]");
        return ExitCode::from(2);
    };
    match run(first, second, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
