//! The client: frames, SCRAM, and nothing else.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use data_encoding::BASE64;
use ring::{digest, hmac, pbkdf2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A message of the server.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

/// A client that is connected.
#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    /// What a request to stop has to show.
    key: Vec<u8>,
}

impl Client {
    /// Sends a message.
    pub(super) async fn send(&mut self, kind: u8, body: &[u8]) {
        let mut message = vec![kind];
        message.extend(u32::try_from(body.len() + 4).expect("a short message").to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message).await.expect("sent");
    }

    async fn receive(&mut self) -> Option<Said> {
        let kind = self.stream.read_u8().await.ok()?;
        let length = self.stream.read_u32().await.ok()?;
        let mut body = vec![0; usize::try_from(length).expect("a length") - 4];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(Said { kind, body })
    }

    /// Receives up to the message that says that the next statement may come.
    pub(super) async fn until_ready(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        loop {
            let message = self.receive().await.expect("the connection stays");
            let ready = message.kind == b'Z';
            said.push(message);
            if ready {
                return said;
            }
        }
    }

    /// Receives until the connection is closed.
    pub(super) async fn read_to_end(&mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(message) = self.receive().await {
            said.push(message);
        }
        said
    }

    /// Asks a simple query.
    pub(super) async fn ask(&mut self, sql: &str) -> Vec<Said> {
        self.send(b'Q', format!("{sql}\0").as_bytes()).await;
        self.until_ready().await
    }

    /// Asks to stop what runs, on a connection of its own.
    pub(super) async fn cancel(&self, at: SocketAddr) {
        let mut stream = TcpStream::connect(at).await.expect("a connection");
        let mut message = 16_u32.to_be_bytes().to_vec();
        message.extend(80_877_102_u32.to_be_bytes());
        message.extend(&self.key);
        stream.write_all(&message).await.expect("sent");
        // The server closes it when it has passed it on.
        let _ = stream.read_u8().await;
    }
}

/// Starts a connection, and leaves it before the client has shown who it is.
pub(super) async fn start(at: SocketAddr, database: &str) -> Client {
    let mut stream = TcpStream::connect(at).await.expect("a connection");
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await.expect("sent");
    assert_eq!(stream.read_u8().await.expect("an answer"), b'N', "there is no TLS");
    let parameters = format!("user\0ada\0database\0{database}\0application_name\0test\0\0");
    let mut message = u32::try_from(parameters.len() + 8).expect("a short message").to_be_bytes().to_vec();
    message.extend(196_608_u32.to_be_bytes());
    message.extend(parameters.into_bytes());
    stream.write_all(&message).await.expect("sent");
    let mut client = Client { stream, key: Vec::new() };
    let asked = client.receive().await.expect("a question");
    assert_eq!((asked.kind, &asked.body[..]), (b'R', &b"\0\0\0\x0aSCRAM-SHA-256\0\0"[..]));
    client
}

/// Connects with a token; gives the body of the error when it is shown out.
pub(super) async fn connect(at: SocketAddr, token: &str, database: &str) -> Result<Client, Vec<u8>> {
    let mut client = start(at, database).await;
    let first = "n=,r=rOprNGfwEbeRWgbNEkqO";
    let mut message = b"SCRAM-SHA-256\0".to_vec();
    message.extend(u32::try_from(first.len() + 3).expect("a short message").to_be_bytes());
    message.extend(format!("n,,{first}").into_bytes());
    client.send(b'p', &message).await;
    let challenge = client.receive().await.expect("a challenge");
    let challenge = String::from_utf8(challenge.body[4..].to_vec()).expect("text");
    let last = format!("c=biws,r={}", part(&challenge, "r="));
    let proof = proof(token, &challenge, &format!("{first},{challenge},{last}"));
    client.send(b'p', format!("{last},p={proof}").as_bytes()).await;
    loop {
        let message = client.receive().await.expect("an answer");
        match message.kind {
            b'E' => return Err(message.body),
            b'K' => client.key = message.body,
            b'Z' => return Ok(client),
            _ => {}
        }
    }
}

fn part<'a>(text: &'a str, name: &str) -> &'a str {
    text.split(',').find_map(|part| part.strip_prefix(name)).expect("a part")
}

/// RFC 5802, section 3.
fn proof(token: &str, challenge: &str, whole: &str) -> String {
    let salt = BASE64.decode(part(challenge, "s=").as_bytes()).expect("a salt");
    let rounds: NonZeroU32 = part(challenge, "i=").parse().expect("a number");
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, token.as_bytes(), &mut salted);
    let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let client_key = sign(&salted, b"Client Key");
    let stored = digest::digest(&digest::SHA256, client_key.as_ref());
    let signature = sign(stored.as_ref(), whole.as_bytes());
    let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
    BASE64.encode(&proof)
}

/// Returns the values of a row.
pub(super) fn values(body: &[u8]) -> Vec<Option<Vec<u8>>> {
    let count = u16::from_be_bytes(body[..2].try_into().expect("two bytes"));
    let mut rest = &body[2..];
    let values = (0..count).map(|_| {
        let length = i32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
        rest = &rest[4..];
        let length = usize::try_from(length).ok()?;
        let (value, after) = rest.split_at(length);
        rest = after;
        Some(value.to_vec())
    });
    values.collect()
}

/// Returns the place of an error, when it has one.
pub(super) fn position(body: &[u8]) -> Option<String> {
    let field = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&b'P'))?;
    Some(String::from_utf8(field[1..].to_vec()).expect("text"))
}

/// Returns the code of an error.
pub(super) fn code(body: &[u8]) -> String {
    let field = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&b'C')).expect("a code");
    String::from_utf8(field[1..].to_vec()).expect("text")
}
