//! Many at once: a hundred clients ask over HTTP, and hang up as a seed says, while a colleague's edits
//! keep coming. All are answered, memory stays, and syncing goes on.
//!
//! `SQL_LOAD_SECS` and `SQL_LOAD_QUERIES` for longer and more, `SQL_LOAD_SEED` for the same again.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dataforge_node::api::{Edit, Event, Reply, Request};
use dataforge_node::client::Client;
use dataforge_tests::field::{well_name, write_field};
use dataforge_tests::program::{Place, Up, is_ci, join, wait_until, wait_within};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Wells of the field, and rows of a well's run in metres.
const WELLS: u32 = 30;
const ROWS: usize = 1_000;
/// Edits whose way is timed before the load.
const QUIET_EDITS: usize = 30;
/// The longest an answer may take.
const PATIENCE: Duration = Duration::from_secs(240);
/// How much memory may grow between the second quarter of the load and the last: a share, and MB.
const GROWTH: f64 = 1.5;
const GROWTH_MB: f64 = 192.0;
/// How many times as long the way of an edit may be under load: it is printed, and only what is out of all
/// proportion fails, since other tests run beside this one.
const SLOWER: f64 = 10.0;
/// A way that was shorter counts as this: two processors that are busy make a way of some ms many times as long.
const LEAST_MS: f64 = 2_000.0;
/// How long nobody edits between edits.
const PAUSE: Duration = Duration::from_millis(50);
/// How long memory is left alone between looks at it.
const LOOK: Duration = Duration::from_millis(100);

/// Statements that end by themselves.
const SHORT: [&str; 7] = [
    "select depth_m, value from samples where well = 'Well 0003' and curve = 'GR' and depth_m between 1100 and 1150",
    "select well, count(value), avg(value) from samples where property = 'gamma_ray' group by well order by well",
    "select well, depth_m, value from samples where curve = 'RT' order by value desc, well, depth_m limit 20",
    "select tops.well, tops.name, count(*) from tops join samples on samples.well_id = tops.well_id \
     and samples.depth_m between tops.depth_m and tops.depth_m + 5 where samples.curve = 'RHOB' group by 1, 2 order by 1, 2",
    // Sorts take memory as soon as they begin: those of several clients at once must all fit.
    "select * from samples where well = 'Well 0007' order by value desc",
    "select count(*) from curves join runs on curves.run_id = runs.run_id",
    "select well_id, nmae from wells",
];
/// Statements that would take hours and little memory, so that the sorts beside them have theirs; whoever asks
/// them hangs up.
const LONG: [&str; 2] = [
    "select count(*) from generate_series(1, 1000000000000) where value % 7 = 3",
    "select count(*) from samples as a join (select s.curve, s.value from samples as s \
     cross join generate_series(1, 1000000) as t(x)) as b on a.curve = b.curve and a.value < b.value",
];

/// What became of the questions.
#[derive(Debug, Default)]
struct Tally {
    answered: AtomicU64,
    /// Wrong statements, which are told so.
    told: AtomicU64,
    cancelled: AtomicU64,
}

fn number(key: &str, default: u64) -> u64 {
    std::env::var(key).map_or(default, |text| text.parse().unwrap_or_else(|error| panic!("{key}: {error}")))
}

/// Sends a statement; the connection answers one.
fn send(at: &str, token: &str, sql: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST /v1/sql?format=csv HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{sql}",
        sql.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Reads a whole answer; returns its status.
fn receive(mut stream: TcpStream) -> Result<u16, String> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|error| format!("{error} after {} bytes", answer.len()))?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {text:?}"))?;
    let is_chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    if is_chunked && !body.ends_with("0\r\n\r\n") {
        return Err(format!("an answer that was cut short, {} bytes", body.len()));
    }
    status.ok_or_else(|| format!("no status: {head:?}"))
}

/// Asks one thing after another until it is enough.
fn client(at: &str, token: &str, seed: u64, enough: &AtomicBool, tally: &Tally) {
    let mut random = fastrand::Rng::with_seed(seed);
    while !enough.load(Ordering::Acquire) {
        let hangs_up = random.u32(0..5) < 2;
        let statement = if hangs_up && random.bool() { random.choice(LONG) } else { random.choice(SHORT) };
        let statement = statement.expect("there are some");
        // Half of them are new to the node, the others it may have kept the result of.
        let sql = if random.bool() { format!("{statement}\n-- {}", random.u64(..)) } else { statement.to_owned() };
        let stream = send(at, token, &sql);
        if hangs_up {
            std::thread::sleep(Duration::from_millis(random.u64(0..400)));
            // It may be answered and closed by now.
            drop(stream.shutdown(Shutdown::Both));
            tally.cancelled.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        match receive(stream) {
            Ok(200) => tally.answered.fetch_add(1, Ordering::Relaxed),
            Ok(400) if statement.contains("nmae") => tally.told.fetch_add(1, Ordering::Relaxed),
            other => {
                // The others need not go on.
                enough.store(true, Ordering::Release);
                panic!("seed {seed}: {other:?}: {sql}");
            }
        };
    }
}

/// MB of memory that a process has.
fn memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim_end().parse::<f64>().unwrap() / 1e3
}

/// The value in the middle, and the one that 95 % do not exceed.
fn quantiles(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[(values.len() - 1) * 95 / 100])
}

/// Two nodes that are connected, as their clients see them.
struct Pair {
    runtime: Runtime,
    writer: Client,
    reader: Client,
    /// Counts how often the reader's node told of documents that changed.
    told: watch::Receiver<u64>,
    edits: u64,
}

impl Pair {
    fn new(writer: &Path, reader: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let (writer, reader) =
            runtime.block_on(async { (Client::open(writer).await.unwrap(), Client::open(reader).await.unwrap()) });
        assert!(writer.is_remote() && reader.is_remote(), "both are up");
        let (tell, told) = watch::channel(0);
        let mut events = runtime.block_on(reader.watch()).unwrap();
        runtime.spawn(async move {
            while let Some(event) = events.next().await {
                if matches!(event, Event::Documents { .. }) {
                    tell.send_modify(|count| *count += 1);
                }
            }
        });
        Self { runtime, writer, reader, told, edits: 0 }
    }

    /// Makes an edit at one; returns the milliseconds until who is told of it at the other has read it.
    fn edit(&mut self) -> f64 {
        self.edits += 1;
        // One well's history would grow, and each edit cost more than the one before.
        let well = well_name(u32::try_from(self.edits % u64::from(WELLS)).unwrap());
        let value = format!("Company {}", self.edits);
        let edit = Edit::Set { target: well.clone(), field: "company".to_owned(), value: value.clone() };
        self.runtime.block_on(async {
            let request = Request::Edits { workspace: None, edits: vec![edit], wait: true };
            let begun = Instant::now();
            self.writer.call(request, |_| {}).await.unwrap();
            loop {
                // It is told of earlier ones too: what counts is that it is there.
                drop(tokio::time::timeout(Duration::from_secs(1), self.told.changed()).await);
                let reply = self.reader.call(Request::Wells { workspace: None }, |_| {}).await.unwrap();
                let Reply::Wells { wells } = reply else { panic!("another reply came than wells") };
                if wells.iter().any(|one| one.name == well && one.company.as_ref() == Some(&value)) {
                    return begun.elapsed().as_secs_f64() * 1e3;
                }
                assert!(begun.elapsed() < PATIENCE, "{value} does not come");
            }
        })
    }
}

/// Makes the field at a node that serves HTTP, and a colleague who edits it; both are up and connected.
fn field(ada: &Place, bob: &Place) -> (Up, Up) {
    let dir = tempfile::tempdir().unwrap();
    ada.json(&["init", "Field"]);
    write_field(dir.path(), WELLS, ROWS, 7);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    ada.json(&["config", "set", "faces.http", "127.0.0.1:0"]);
    let ada_up = join(ada, bob, "editor");
    bob.json(&["sync"]);
    let bob_up = bob.up();
    let word = |key: &str| {
        let told = &ada_up.reply[key];
        told.as_str().unwrap_or_else(|| told[0].as_str().unwrap()).to_owned()
    };
    bob.json(&["sync", "--peer", &format!("{}@{}", word("device_id"), word("addresses"))]);
    wait_until("they are connected", || {
        !ada.json(&["status"])["workspaces"][0]["connected"].as_array().unwrap().is_empty()
    });
    (ada_up, bob_up)
}

#[test]
fn a_hundred_ask_and_hang_up_while_edits_keep_coming() {
    let secs = number("SQL_LOAD_SECS", if is_ci() { 60 } else { 10 });
    let (clients, seed) = (number("SQL_LOAD_QUERIES", 100), number("SQL_LOAD_SEED", 17));
    let (mut ada, mut bob) = (Place::new("ada"), Place::new("bob"));
    // This process is a client of theirs: their sockets are where it looks too.
    for place in [&mut ada, &mut bob] {
        place.set_prefix(["env", "-u", "XDG_RUNTIME_DIR"].map(str::to_owned).to_vec());
    }
    let (ada_up, _bob_up) = field(&ada, &bob);
    let mut at = String::new();
    wait_until("HTTP is given", || {
        let face = ada.json(&["status"])["faces"][0].take();
        at = face["address"].as_str().unwrap_or_default().to_owned();
        face["open"] == true
    });
    let token = std::fs::read_to_string(ada.path().join("faces.token")).unwrap().trim().to_owned();
    let mut pair = Pair::new(bob.path(), ada.path());
    let mut edit = || {
        std::thread::sleep(PAUSE);
        pair.edit()
    };
    edit();
    let quiet = quantiles((0..QUIET_EDITS).map(|_| edit()).collect());
    let (enough, tally) = (AtomicBool::new(false), Tally::default());
    let mut ways = Vec::new();
    let sizes = std::thread::scope(|scope| {
        for number in 0..clients {
            let (at, token, enough, tally) = (&at, &token, &enough, &tally);
            scope.spawn(move || client(at, token, seed.wrapping_mul(1_000_003) + number, enough, tally));
        }
        // Set also when this thread fails, so that the others end.
        let _end = End(&enough);
        let (begun, process) = (Instant::now(), ada_up.id());
        let sizes = scope.spawn({
            let enough = &enough;
            move || watch_memory(process, begun, enough)
        });
        // On a machine that is slow or has much else to do it goes on until there are answers enough.
        let has_enough = || begun.elapsed() >= PATIENCE || tally.answered.load(Ordering::Relaxed) > clients;
        while !enough.load(Ordering::Acquire) && (begun.elapsed() < Duration::from_secs(secs) || !has_enough()) {
            ways.push(edit());
        }
        enough.store(true, Ordering::Release);
        sizes.join().unwrap()
    });
    // Nothing of those who hung up computes on or lies around.
    wait_within(PATIENCE, "what was spilt is gone", || spilt(&ada.path().join("spill")) == 0);
    assert_eq!(receive(send(&at, &token, SHORT[0])), Ok(200));
    wait_within(PATIENCE, "the node is at rest", || busy(ada_up.id()) < 0.3);
    let after = quantiles((0..QUIET_EDITS).map(|_| edit()).collect());
    let (early, late, loaded) = (most(&sizes, 0.25, 0.5), most(&sizes, 0.75, 1.0), quantiles(ways.clone()));
    let (answered, cancelled) = (tally.answered.into_inner(), tally.cancelled.into_inner());
    println!(
        "seed {seed}, {clients} clients, {secs} s: {answered} answered, {} told of a mistake, {cancelled} hung up; memory \
         {early:.0} MB, then {late:.0} MB; an edit's way {:.1} ms (95 %: {:.1}) before, {:.1} ms ({:.1}) in {} edits, {:.1} \
         ms ({:.1}) after: {:.1} times as long",
        tally.told.into_inner(),
        quiet.0,
        quiet.1,
        loaded.0,
        loaded.1,
        ways.len(),
        after.0,
        after.1,
        // Each edit makes the wells' histories longer, and the way of the next: half of them come between.
        2.0 * loaded.0 / (quiet.0 + after.0)
    );
    assert!(answered > clients && cancelled > 0, "{answered} answered, {cancelled} hung up");
    assert!(late <= early * GROWTH + GROWTH_MB, "memory grew from {early:.0} to {late:.0} MB");
    assert!(loaded.0 <= quiet.0.max(LEAST_MS) * SLOWER, "{:.0} ms before, {:.0} ms under load", quiet.0, loaded.0);
    drop(ada_up);
    ada.verify();
}

/// Looks at the memory of a process until it is enough; returns the MB with the seconds they were seen after.
fn watch_memory(process: u32, begun: Instant, enough: &AtomicBool) -> Vec<(f64, f64)> {
    let mut sizes = Vec::new();
    loop {
        sizes.push((begun.elapsed().as_secs_f64(), memory(process)));
        if enough.load(Ordering::Acquire) {
            return sizes;
        }
        std::thread::sleep(LOOK);
    }
}

/// The most memory within a part of the time that was looked at.
fn most(sizes: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let whole = sizes.last().unwrap().0;
    let within = sizes.iter().filter(|(at, _)| (from..=to).contains(&(at / whole)));
    within.map(|(_, size)| *size).fold(0.0, f64::max)
}

/// Says that it is enough when it goes.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Files of a directory and of those in it.
fn spilt(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { spilt(&entry.path()) } else { 1 }).sum()
}

/// The share of a processor that a process takes, over a second.
fn busy(process: u32) -> f64 {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        // After the name, which may hold blanks, user and system time are the 12th and 13th.
        let (_, rest) = stat.rsplit_once(')').unwrap();
        rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(1));
    // A tick is a hundredth of a second on Linux.
    (ticks() - before) / 100.0
}
