//! Messages between two nodes: frames, tags and bounds.
//!
//! A frame is a big-endian `u32` length, one tag byte and the message in postcard. Tags from 128 on
//! may be skipped by a node that does not know them; any other unknown tag ends the session.
//! `docs/protocol.md` gives purpose, fields and limits of each message.

use serde::{Deserialize, Serialize};

use crate::entry::SignedEntry;
use crate::holding::SignedHolding;
use crate::id::{BlobHash, EntryId};
use crate::ledger::DeviceTips;
use crate::limits;

/// ALPN of the sync protocol; one per protocol version.
pub const SYNC_ALPN: &[u8] = b"dataforge/sync/1";
/// ALPN of the join protocol.
pub const JOIN_ALPN: &[u8] = b"dataforge/join/1";
/// ALPN of pairing: a ticket for whoever is told a short code.
pub const PAIR_ALPN: &[u8] = b"dataforge/pair/1";
/// ALPN of verified blob transfer, of one workspace for each connection.
pub const BLOBS_ALPN: &[u8] = b"dataforge/blobs/2";

/// First message of the dialling side, and the answer of the other: proof of knowing the
/// workspace's discovery secret on this very connection, without naming the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// See [`crate::hello::tag`].
    pub tag: [u8; 32],
    /// Whether the sender does not know the receiver as a member and wants its membership ops
    /// before anything else.
    pub introduce: bool,
    /// Name and version of the program, for diagnosis.
    pub agent: String,
}

/// A message of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Tag 0.
    Hello(Hello),
    /// Tag 1: membership ops in causal order, from a peer that is not known as a member yet.
    Introduction(Vec<SignedEntry>),
    /// Tag 2: tips of all devices; `true` when more follow.
    Tips(Vec<DeviceTips>, bool),
    /// Tag 3: entries in causal order.
    Entries(Vec<SignedEntry>),
    /// Tag 4: everything that was missing by the tips has been sent.
    CaughtUp,
    /// Tag 5: the receiver is no member any more; ends of its own chain that the sender holds. It
    /// may hand in what comes after them, and gets nothing else.
    Removed(DeviceTips),
    /// Tag 128: blobs the sender has come to hold.
    Holding(Vec<BlobHash>),
    /// Tag 129: how far the sender holds what the receiver has; sent whenever it changes.
    Level(Level),
    /// Tag 130: what devices say they have, the sender and others.
    Holdings(Vec<SignedHolding>),
    /// Tag 131: a question whether the receiver has blobs and will keep them for now.
    Ask(Ask),
    /// Tag 132: the answer.
    Promise(Promise),
    /// Tag 133: what the sender keeps of what the receiver, which is no member any more, hands in.
    Room(Room),
}

/// What a node keeps of what a device hands in that is no member's any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Entries up to this position on the device's chain need no room: a cut names them.
    pub through: Option<u64>,
    /// Further entries.
    pub entries: u64,
    /// Bytes of these, each with its signature.
    pub bytes: u64,
}

/// A question whether the receiver has blobs and will keep them for now, so that the sender may
/// give them up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ask {
    /// Number of the question, which the answer repeats.
    pub number: u64,
    /// The blobs.
    pub blobs: Vec<BlobHash>,
}

/// The sender has just hashed these blobs on its disk and does not give them up before the time is
/// over. The receiver counts it from when it asked, so that its end of it is never the later one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Promise {
    /// Number of the question.
    pub number: u64,
    /// Those of the blobs asked for that the promise is about.
    pub blobs: Vec<BlobHash>,
    /// For how long.
    pub seconds: u32,
}

/// How far the sender durably holds what the receiver has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Level {
    /// Tips of the *receiver's* own chain that the sender has stored durably.
    pub tips: Vec<(u64, EntryId)>,
    /// Blobs the sender still lacks.
    pub missing_blobs: u64,
    /// Whether the sender is fetching, so that waiting makes sense.
    pub fetching: bool,
}

/// Why a frame is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Longer than a frame may be.
    #[error("frame of {0} bytes exceeds the limit")]
    FrameSize(usize),
    /// A tag this version does not know and may not skip.
    #[error("message of unknown tag {0}")]
    UnknownTag(u8),
    /// The message does not decode or exceeds a bound.
    #[error("malformed message")]
    Malformed,
}

impl Message {
    /// Returns the frame: length, tag, message.
    #[must_use]
    pub fn to_frame(&self) -> Vec<u8> {
        fn encode<T: Serialize>(tag: u8, value: &T) -> Vec<u8> {
            let mut frame = vec![0, 0, 0, 0, tag];
            frame = postcard::to_extend(value, frame).expect("messages have no unserialisable part");
            let len = u32::try_from(frame.len() - 4).expect("messages are bounded where they are made");
            frame[..4].copy_from_slice(&len.to_be_bytes());
            frame
        }
        match self {
            Self::Hello(hello) => encode(0, hello),
            Self::Introduction(ops) => encode(1, ops),
            Self::Tips(tips, more) => encode(2, &(tips, more)),
            Self::Entries(entries) => encode(3, entries),
            Self::CaughtUp => encode(4, &()),
            Self::Removed(tips) => encode(5, tips),
            Self::Holding(hashes) => encode(128, hashes),
            Self::Level(level) => encode(129, level),
            Self::Holdings(statements) => encode(130, statements),
            Self::Ask(ask) => encode(131, ask),
            Self::Promise(promise) => encode(132, promise),
            Self::Room(room) => encode(133, room),
        }
    }

    /// Reads the content of a frame (tag and message); `None` for a message that may be skipped.
    ///
    /// # Errors
    /// [`WireError`] when it is unknown, malformed or out of bounds.
    pub fn from_frame(content: &[u8]) -> Result<Option<Self>, WireError> {
        fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
            match postcard::take_from_bytes(bytes) {
                Ok((value, [])) => Ok(value),
                _ => Err(WireError::Malformed),
            }
        }
        if content.len() > limits::MAX_FRAME_BYTES {
            return Err(WireError::FrameSize(content.len()));
        }
        let (tag, rest) = content.split_first().ok_or(WireError::Malformed)?;
        let message = match tag {
            0 => Self::Hello(decode(rest)?),
            1 => Self::Introduction(decode(rest)?),
            2 => {
                let (tips, more) = decode(rest)?;
                Self::Tips(tips, more)
            }
            3 => Self::Entries(decode(rest)?),
            4 => Self::CaughtUp,
            5 => Self::Removed(decode(rest)?),
            128 => Self::Holding(decode(rest)?),
            129 => Self::Level(decode(rest)?),
            130 => Self::Holdings(decode(rest)?),
            131 => Self::Ask(decode(rest)?),
            132 => Self::Promise(decode(rest)?),
            133 => Self::Room(decode(rest)?),
            skipped if *skipped >= 128 => return Ok(None),
            unknown => return Err(WireError::UnknownTag(*unknown)),
        };
        if message.is_bounded() { Ok(Some(message)) } else { Err(WireError::Malformed) }
    }

    /// Returns whether no list in it is too long.
    pub(crate) fn is_bounded(&self) -> bool {
        match self {
            Self::Hello(hello) => hello.agent.len() <= 64,
            Self::Introduction(entries) | Self::Entries(entries) => {
                entries.len() <= limits::MAX_BATCH_ENTRIES
                    && entries
                        .iter()
                        .all(|e| e.header.len() <= limits::MAX_HEADER_BYTES && e.body.len() <= limits::MAX_BODY_BYTES)
            }
            Self::Tips(tips, _) => tips.iter().map(|chain| chain.tips.len().max(1)).sum::<usize>() <= limits::MAX_TIPS,
            Self::CaughtUp | Self::Room(_) => true,
            Self::Removed(chain) => chain.tips.len() <= limits::MAX_TIPS,
            Self::Holding(hashes) => hashes.len() <= limits::MAX_HASHES,
            Self::Level(level) => level.tips.len() <= limits::MAX_TIPS,
            Self::Holdings(statements) => {
                statements.len() <= limits::MAX_HOLDINGS
                    && statements.iter().all(|signed| signed.bytes.len() <= limits::MAX_HOLDING_BYTES)
            }
            Self::Ask(Ask { blobs, .. }) | Self::Promise(Promise { blobs, .. }) => blobs.len() <= limits::MAX_ASKED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeviceId;
    use crate::key::Signature;

    fn round_trip(message: &Message) {
        let frame = message.to_frame();
        assert_eq!(u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize, frame.len() - 4);
        assert_eq!(Message::from_frame(&frame[4..]), Ok(Some(message.clone())));
        for end in 5..frame.len() {
            assert!(!matches!(Message::from_frame(&frame[4..end]), Ok(Some(_))), "prefix of {end} bytes");
        }
    }

    fn statement(len: usize) -> SignedHolding {
        SignedHolding { bytes: vec![7; len], signature: Signature::from_bytes(&[8; 64]) }
    }

    #[test]
    fn messages_come_back_and_no_prefix_does() {
        round_trip(&Message::Hello(Hello { tag: [7; 32], introduce: true, agent: "dataforge/0.1.0".into() }));
        let tips = vec![DeviceTips { device: DeviceId([1; 32]), tips: vec![(4, EntryId([2; 32]))] }];
        round_trip(&Message::Tips(tips.clone(), false));
        round_trip(&Message::Removed(tips[0].clone()));
        round_trip(&Message::Holding(vec![BlobHash([3; 32])]));
        round_trip(&Message::Holdings(vec![statement(5), statement(0), statement(300)]));
        round_trip(&Message::Ask(Ask { number: 300, blobs: vec![BlobHash([4; 32]), BlobHash([5; 32])] }));
        round_trip(&Message::Promise(Promise { number: 300, blobs: vec![BlobHash([4; 32])], seconds: 900 }));
    }

    #[test]
    fn messages_about_holdings_are_bounded() {
        let read = |message: Message| Message::from_frame(&message.to_frame()[4..]);
        let is_taken = |message: Message| assert_eq!(read(message.clone()), Ok(Some(message)));
        let is_refused = |message: Message| assert_eq!(read(message), Err(WireError::Malformed));
        is_taken(Message::Holdings(vec![statement(10); limits::MAX_HOLDINGS]));
        is_refused(Message::Holdings(vec![statement(10); limits::MAX_HOLDINGS + 1]));
        is_taken(Message::Holdings(vec![statement(limits::MAX_HOLDING_BYTES)]));
        is_refused(Message::Holdings(vec![statement(limits::MAX_HOLDING_BYTES + 1)]));
        let frame = Message::Holdings(vec![statement(limits::MAX_HOLDING_BYTES); 2]).to_frame();
        assert_eq!(Message::from_frame(&frame[4..]), Err(WireError::FrameSize(frame.len() - 4)));
        let ask = |count| Message::Ask(Ask { number: 1, blobs: vec![BlobHash([4; 32]); count] });
        let promise =
            |count| Message::Promise(Promise { number: 1, blobs: vec![BlobHash([4; 32]); count], seconds: 9 });
        is_taken(ask(limits::MAX_ASKED));
        is_refused(ask(limits::MAX_ASKED + 1));
        is_taken(promise(limits::MAX_ASKED));
        is_refused(promise(limits::MAX_ASKED + 1));
    }

    #[test]
    fn room_is_as_documented() {
        let room = Message::Room(Room { through: Some(300), entries: 5, bytes: 1 << 20 });
        round_trip(&room);
        assert_eq!(room.to_frame()[4..], [133, 1, 0xac, 0x02, 5, 0x80, 0x80, 0x40]);
        let none = Message::Room(Room { through: None, entries: 0, bytes: 0 });
        round_trip(&none);
        assert_eq!(none.to_frame()[4..], [133, 0, 0, 0]);
    }

    #[test]
    fn messages_about_holdings_are_as_documented() {
        let frame = |message: Message| message.to_frame()[4..].to_vec();
        let ask = frame(Message::Ask(Ask { number: 300, blobs: vec![BlobHash([4; 32])] }));
        assert_eq!(ask, [&[131, 0xac, 0x02, 1][..], &[4; 32]].concat());
        let promise = frame(Message::Promise(Promise { number: 300, blobs: vec![BlobHash([4; 32])], seconds: 900 }));
        assert_eq!(promise, [&[132, 0xac, 0x02, 1][..], &[4; 32], &[0x84, 0x07]].concat());
        let signed = frame(Message::Holdings(vec![statement(2)]));
        assert_eq!(signed, [&[130, 1, 2, 7, 7][..], &[8; 64]].concat());
    }

    #[test]
    fn only_high_tags_may_be_skipped() {
        assert_eq!(Message::from_frame(&[200, 1, 2]), Ok(None));
        assert_eq!(Message::from_frame(&[90, 1, 2]), Err(WireError::UnknownTag(90)));
        assert_eq!(Message::from_frame(&[]), Err(WireError::Malformed));
    }

    #[test]
    fn length_bomb_is_refused_at_once() {
        let mut bomb = vec![128];
        bomb.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        assert_eq!(Message::from_frame(&bomb), Err(WireError::Malformed));
    }
}
