//! Frames: their bytes, their bounds.

use std::io;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::api::{API_VERSION, ApiError, ErrorKind, Event, Reply, Request, Watching};

/// Longest hello: it is read before the other side is known to speak our language.
const MAX_HELLO: usize = 4 << 10;
/// Longest list of what is watched.
const MAX_WATCH: usize = 1 << 20;
/// Longest JSON in one frame.
const MAX_JSON: usize = 4 << 20;
/// Most data in one frame.
const MAX_DATA: usize = 16 << 20;
/// Longest reply over all its parts.
const MAX_REPLY: usize = 256 << 20;

/// What both sides say first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Version of the API's shapes.
    pub(super) api: u32,
    /// Version of the program.
    pub(super) program: String,
    /// What the client calls itself on all its connections; the server says none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<String>,
}

impl Hello {
    pub(super) fn ours() -> Self {
        Self { api: API_VERSION, program: env!("CARGO_PKG_VERSION").to_owned(), client: None }
    }

    /// Checks that the other side's shapes are ours.
    pub(super) fn check(&self, other: &Self) -> Result<(), ApiError> {
        if self.api == other.api {
            return Ok(());
        }
        Err(ApiError::new(
            ErrorKind::Busy,
            format!(
                "the process that serves this data directory is version {} (interface {}), this program is version {} (interface {})",
                other.program, other.api, self.program, self.api
            ),
        )
        .hint("end that process and start it again with this version"))
    }
}

/// One frame.
#[derive(Debug)]
pub(super) enum Frame {
    Hello(Hello),
    Request(Box<Request>),
    Watch(Watching),
    Event(Event),
    Data(Bytes),
    Part(Bytes),
    Reply(Bytes),
    Error(ApiError),
}

mod tag {
    pub(super) const HELLO: u8 = 1;
    pub(super) const REQUEST: u8 = 2;
    pub(super) const WATCH: u8 = 3;
    pub(super) const EVENT: u8 = 4;
    pub(super) const DATA: u8 = 5;
    pub(super) const PART: u8 = 6;
    pub(super) const REPLY: u8 = 7;
    pub(super) const ERROR: u8 = 8;
}

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The connection broke, or ended within a frame.
    #[error("the connection broke")]
    Io(#[from] io::Error),
    /// A tag nobody knows: from there on nothing can be trusted.
    #[error("unknown frame {0}")]
    UnknownTag(u8),
    /// Longer than its kind may be.
    #[error("frame {tag} of {length} bytes is too long")]
    TooLong { tag: u8, length: usize },
    /// Not the JSON it should be; the frames after it can be read.
    #[error("a frame is malformed")]
    Malformed(#[from] serde_json::Error),
}

const fn bound(tag: u8) -> Option<usize> {
    Some(match tag {
        tag::HELLO => MAX_HELLO,
        tag::WATCH => MAX_WATCH,
        tag::DATA => MAX_DATA,
        tag::REQUEST | tag::EVENT | tag::PART | tag::REPLY | tag::ERROR => MAX_JSON,
        _ => return None,
    })
}

/// Reads one frame; none when the connection ended before it.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Frame>, FrameError> {
    let mut head = [0; 5];
    if from.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut head[1..]).await?;
    let [a, b, c, d, tag] = head;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    let bound = bound(tag).ok_or(FrameError::UnknownTag(tag))?;
    if length == 0 || length - 1 > bound {
        return Err(FrameError::TooLong { tag, length });
    }
    let mut content = vec![0; length - 1];
    from.read_exact(&mut content).await?;
    Ok(Some(match tag {
        tag::HELLO => Frame::Hello(json(&content)?),
        tag::REQUEST => Frame::Request(Box::new(json(&content)?)),
        tag::WATCH if content.is_empty() => Frame::Watch(Watching::default()),
        tag::WATCH => Frame::Watch(json(&content)?),
        tag::EVENT => Frame::Event(json(&content)?),
        tag::DATA => Frame::Data(content.into()),
        tag::PART => Frame::Part(content.into()),
        tag::REPLY => Frame::Reply(content.into()),
        _ => Frame::Error(json(&content)?),
    }))
}

fn json<T: DeserializeOwned>(content: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(content)
}

async fn write(to: &mut (impl AsyncWrite + Unpin), tag: u8, content: &[u8]) -> io::Result<()> {
    let length = u32::try_from(content.len() + 1).map_err(io::Error::other)?;
    let mut head = [0; 5];
    head[..4].copy_from_slice(&length.to_be_bytes());
    head[4] = tag;
    to.write_all(&head).await?;
    to.write_all(content).await
}

pub(super) async fn write_hello(to: &mut (impl AsyncWrite + Unpin), hello: &Hello) -> io::Result<()> {
    write(to, tag::HELLO, &serde_json::to_vec(hello)?).await?;
    to.flush().await
}

/// Writes a request.
///
/// # Errors
/// `Usage` when it cannot be said in one frame; nothing is written then. `Busy` when the other side
/// is gone.
pub(super) async fn write_request(to: &mut (impl AsyncWrite + Unpin), request: &Request) -> Result<(), ApiError> {
    // Paths that are no Unicode have no JSON.
    let content = serde_json::to_vec(request)
        .map_err(|error| ApiError::new(ErrorKind::Usage, format!("the request cannot be sent: {error}")))?;
    if content.len() > MAX_JSON {
        return Err(ApiError::new(
            ErrorKind::Usage,
            format!("the request has {} bytes, {MAX_JSON} are the most", content.len()),
        )
        .hint("give directories rather than single files"));
    }
    let sent = async {
        write(to, tag::REQUEST, &content).await?;
        to.flush().await
    };
    sent.await.map_err(|error| gone(&error))
}

/// Asks for events.
///
/// # Errors
/// `Usage` when it cannot be said in one frame; nothing is written then. `Busy` when the other side
/// is gone.
pub(super) async fn write_watch(to: &mut (impl AsyncWrite + Unpin), watching: &Watching) -> Result<(), ApiError> {
    let content = if *watching == Watching::default() {
        Vec::new()
    } else {
        serde_json::to_vec(watching).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?
    };
    if content.len() > MAX_WATCH {
        return Err(ApiError::new(ErrorKind::Usage, format!("{} documents are watched", watching.documents.len()))
            .hint("watch the workspace instead"));
    }
    let sent = async {
        write(to, tag::WATCH, &content).await?;
        to.flush().await
    };
    sent.await.map_err(|error| gone(&error))
}

pub(super) async fn write_event(to: &mut (impl AsyncWrite + Unpin), event: &Event) -> io::Result<()> {
    write(to, tag::EVENT, &serde_json::to_vec(event)?).await?;
    to.flush().await
}

pub(super) async fn write_data(to: &mut (impl AsyncWrite + Unpin), data: &[u8]) -> io::Result<()> {
    for part in data.chunks(MAX_DATA) {
        write(to, tag::DATA, part).await?;
    }
    to.flush().await
}

/// Writes how a request ended.
pub(super) async fn write_answer(
    to: &mut (impl AsyncWrite + Unpin),
    answer: Result<Reply, ApiError>,
) -> io::Result<()> {
    let encoded = answer.and_then(|reply| {
        serde_json::to_vec(&reply)
            .map_err(|error| ApiError::new(ErrorKind::Internal, format!("the reply cannot be sent: {error}")))
    });
    let encoded = encoded.and_then(|content| match content.len() {
        0..=MAX_REPLY => Ok(content),
        length => {
            Err(ApiError::new(ErrorKind::Usage, format!("the reply has {length} bytes, {MAX_REPLY} are the most"))
                .hint("ask for less, or use a query"))
        }
    });
    match encoded {
        Ok(content) => {
            let mut rest = &content[..];
            while let Some((part, after)) = rest.split_at_checked(MAX_JSON).filter(|(_, after)| !after.is_empty()) {
                write(to, tag::PART, part).await?;
                rest = after;
            }
            write(to, tag::REPLY, rest).await?;
        }
        Err(error) => write(to, tag::ERROR, &serde_json::to_vec(&error)?).await?,
    }
    to.flush().await
}

/// Adds the next piece of a reply.
pub(super) fn add_part(reply: &mut Vec<u8>, part: &[u8]) -> Result<(), ApiError> {
    if reply.len() + part.len() > MAX_REPLY {
        return Err(ApiError::new(ErrorKind::Internal, format!("the reply has more than {MAX_REPLY} bytes")));
    }
    reply.extend_from_slice(part);
    Ok(())
}

/// The error of a connection whose other side is gone.
pub(super) fn gone(error: &dyn std::error::Error) -> ApiError {
    let mut gone = ApiError::from_error(ErrorKind::Busy, error);
    gone.causes.insert(0, std::mem::take(&mut gone.message));
    gone.message = "the process that serves this data directory ended before it answered".into();
    gone.hint("run the command again; what was acknowledged is safe")
}
