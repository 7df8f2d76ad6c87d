//! The server of a page's author. Below `/hostile/` it has the page and takes its report; all else it passes on
//! to the face, and keeps what was asked and how it was answered, or answers to anybody, as the face must not.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Result, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Its icon is in itself, so that a browser asks nobody for one. The image comes once the page has reported: until
/// then it is not loaded, and the browser does not end.
const PAGE: &str = "<!doctype html><title>hostile</title><link rel=\"icon\" href=\"data:,\"><body>\
    <img src=\"/hostile/wait\"><script src=\"/hostile/attacks.js\"></script>";
const ATTACKS: &str = include_str!("attacks.js");
/// What the page can read for certain.
pub(super) const OWN: &str = "of its own";
/// What everybody can read of a server that lets everybody in.
pub(super) const OPEN: &str = "for everybody";
/// The longest a page may take until it reports.
const PATIENCE: Duration = Duration::from_secs(240);

/// A request, and the status of its answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// The first line and the headers, as the browser sent them.
    pub(super) head: String,
    body: Vec<u8>,
    pub(super) status: u16,
}

impl Asked {
    fn read(stream: &mut TcpStream) -> Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut asked = Self { head: String::new(), body: Vec::new(), status: 0 };
        while !asked.head.ends_with("\r\n\r\n") {
            // A browser also opens connections on which it asks nothing.
            if reader.read_line(&mut asked.head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
        asked.body.resize(length, 0);
        reader.read_exact(&mut asked.body)?;
        Ok(asked)
    }

    pub(super) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap()
    }

    pub(super) fn path(&self) -> &str {
        self.head.split([' ', '?']).nth(1).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// The server; it lives as long as the tests.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    kept: Arc<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// Where the face is; without one everybody is let in.
    face: Option<String>,
    /// An Arrow stream, for the page to send.
    table: Vec<u8>,
    asked: Mutex<Vec<Asked>>,
    report: Mutex<Option<Vec<u8>>>,
    reported: Condvar,
}

impl Server {
    pub(super) fn start(face: Option<&str>, table: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::new(Kept {
            face: face.map(str::to_owned),
            table: table.to_vec(),
            asked: Mutex::default(),
            report: Mutex::default(),
            reported: Condvar::new(),
        });
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A browser that went away is no fault; one that asked too little is seen by the test.
                std::thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Self { port, kept }
    }

    /// Takes what the page reported, if it did.
    pub(super) fn report(&self) -> Option<Vec<u8>> {
        self.kept.report.lock().unwrap().take()
    }

    /// Takes all that was asked beside the page itself.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.kept.asked.lock().unwrap())
    }
}

impl Kept {
    fn serve(&self, mut stream: TcpStream) -> Result<()> {
        let asked = Asked::read(&mut stream)?;
        let answer = match (asked.path().strip_prefix("/hostile/"), &self.face) {
            (Some(name), _) => self.own(name, &asked.body),
            (None, Some(face)) => {
                let answer = pass(&asked, face)?;
                self.keep(asked, &answer);
                answer
            }
            (None, None) => {
                let answer = let_in(&asked);
                self.keep(asked, &answer);
                answer
            }
        };
        stream.write_all(&answer)
    }

    fn keep(&self, asked: Asked, answer: &[u8]) {
        let line = answer.split(|byte| *byte == b'\r').next().unwrap();
        let status = std::str::from_utf8(line).unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        self.asked.lock().unwrap().push(Asked { status, ..asked });
    }

    /// Answers about what is below `/hostile/`.
    fn own(&self, name: &str, body: &[u8]) -> Vec<u8> {
        match name {
            "page" => answer("text/html", "", PAGE.as_bytes()),
            "attacks.js" => answer("text/javascript", "", ATTACKS.as_bytes()),
            "own" => answer("text/plain", "", OWN.as_bytes()),
            "table" => answer("application/octet-stream", "", &self.table),
            "report" => {
                *self.report.lock().unwrap() = Some(body.to_vec());
                self.reported.notify_all();
                answer("text/plain", "", b"")
            }
            "wait" => {
                let report = self.report.lock().unwrap();
                drop(self.reported.wait_timeout_while(report, PATIENCE, |report| report.is_none()).unwrap());
                answer("text/plain", "", b"")
            }
            _ => panic!("the page has no {name}"),
        }
    }
}

/// Passes a request on as it is, but for a connection of its own; returns the whole answer.
fn pass(asked: &Asked, face: &str) -> Result<Vec<u8>> {
    let head = asked.head.replace("Connection: keep-alive\r\n", "Connection: close\r\n");
    let head = head.replace("Connection: Upgrade\r\n", "Connection: Upgrade, close\r\n");
    let mut stream = TcpStream::connect(face)?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(&asked.body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Answers so that every page may read it and take it in.
fn let_in(asked: &Asked) -> Vec<u8> {
    let (kind, body) = match asked.header("sec-fetch-dest") {
        Some("script") => ("text/javascript", ""),
        Some("style") => ("text/css", ""),
        Some("image") => ("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>"),
        _ => ("text/plain", OPEN),
    };
    let headers = format!(
        "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Credentials: true\r\n\
         Access-Control-Allow-Methods: DELETE\r\n\
         Access-Control-Allow-Headers: authorization, content-type, x-dataforge\r\n",
        asked.header("origin").unwrap_or("*")
    );
    answer(kind, &headers, body.as_bytes())
}

fn answer(kind: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
