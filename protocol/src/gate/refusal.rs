//! Why a change does not count: one name per reason.
//!
//! The names are stored with the verdict, so they never change meaning.

/// Why the gate refuses a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The chunk is larger than [`MAX_CHUNK`](super::MAX_CHUNK).
    #[error("change is too large")]
    TooLarge,
    /// The bytes do not start like an Automerge chunk.
    #[error("not an Automerge chunk")]
    NotAChange,
    /// A document, a compressed change, a bundle or an unknown type of chunk.
    #[error("chunk is not one uncompressed change")]
    ChunkType,
    /// The checksum is not that of the content.
    #[error("checksum does not match")]
    Checksum,
    /// Something follows the chunk.
    #[error("bytes follow the change")]
    Trailing,
    /// The bytes end too early.
    #[error("change ends too early")]
    Truncated,
    /// A number is not in its shortest form or does not fit.
    #[error("number is malformed")]
    Number,
    /// A text is not UTF-8.
    #[error("text is not UTF-8")]
    Text,
    /// More than [`MAX_DEPS`](super::MAX_DEPS) dependencies.
    #[error("change has too many dependencies")]
    TooManyDeps,
    /// Dependencies repeat or do not ascend.
    #[error("dependencies are not ascending")]
    DepsOrder,
    /// More than [`MAX_ACTORS`](super::MAX_ACTORS) actors.
    #[error("change names too many actors")]
    TooManyActors,
    /// An actor is malformed, repeated, out of order, unused or missing.
    #[error("actors are malformed")]
    ActorTable,
    /// The change carries a time; ours never do.
    #[error("change carries a time")]
    Time,
    /// The change carries a message; ours never do.
    #[error("change carries a message")]
    Message,
    /// An author or other bytes follow the columns.
    #[error("change carries extra bytes")]
    ExtraBytes,
    /// A column is unknown, repeated or out of order.
    #[error("column is unknown or out of order")]
    UnknownColumn,
    /// A column is compressed.
    #[error("column is compressed")]
    CompressedColumn,
    /// Columns have different numbers of rows.
    #[error("columns disagree in length")]
    ColumnLength,
    /// A column is not in the form Automerge writes.
    #[error("column is not in its shortest form")]
    NotShortest,
    /// A row lacks a part or has one too many.
    #[error("row is incomplete")]
    Null,
    /// The change has no ops.
    #[error("change has no ops")]
    Empty,
    /// More than [`MAX_OPS`](super::MAX_OPS) ops.
    #[error("change has too many ops")]
    TooManyOps,
    /// More than [`MAX_PREDS`](super::MAX_PREDS) predecessors.
    #[error("change has too many predecessors")]
    TooManyPreds,
    /// A counter is zero or beyond 32 bits.
    #[error("counter is out of range")]
    Counter,
    /// An action is unknown or not used.
    #[error("action is unknown")]
    Action,
    /// A value is malformed, unknown or out of range.
    #[error("value is malformed")]
    Value,
    /// An op that Automerge would not write.
    #[error("op has an impossible shape")]
    Shape,
    /// Predecessors of an op repeat or do not ascend.
    #[error("predecessors are not ascending")]
    PredOrder,
    /// A mark, of which our documents have none, or a malformed one.
    #[error("mark is malformed or not used")]
    Mark,
    /// The actor is not the one this entry must use.
    #[error("actor is not that of the entry")]
    Actor,
    /// The sequence number does not follow that of the actor's previous change.
    #[error("sequence number does not follow")]
    Sequence,
    /// The closure holds two changes with one actor and sequence number.
    #[error("two changes share an actor and sequence number")]
    Equivocation,
    /// The entry builds on one whose change did not pass.
    #[error("entry builds on a change that did not pass")]
    InertDependency,
    /// The change's dependencies are not those of the entry.
    #[error("dependencies are not those of the entry")]
    Dependencies,
    /// The first op's counter does not follow the closure's largest.
    #[error("first op does not follow the closure")]
    StartOp,
    /// An op id is not in the change or its closure.
    #[error("op refers to one that is not in its past")]
    UnknownOp,
    /// An object is not one, or not of the type that the key needs.
    #[error("object has the wrong type")]
    ObjectType,
    /// An element is not one of the sequence.
    #[error("element is not in the sequence")]
    Element,
    /// A predecessor is no value at the same key of the same object.
    #[error("predecessor is not a value at the same key")]
    Predecessor,
    /// The field `deleted` was written by someone below admin.
    #[error("only an admin may delete")]
    MayNotDelete,
}

impl Refusal {
    /// Returns the name under which the reason is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotAChange => "not-a-change",
            Self::ChunkType => "chunk-type",
            Self::Checksum => "checksum",
            Self::Trailing => "trailing",
            Self::Truncated => "truncated",
            Self::Number => "number",
            Self::Text => "text",
            Self::TooManyDeps => "too-many-deps",
            Self::DepsOrder => "deps-order",
            Self::TooManyActors => "too-many-actors",
            Self::ActorTable => "actor-table",
            Self::Time => "time",
            Self::Message => "message",
            Self::ExtraBytes => "extra-bytes",
            Self::UnknownColumn => "unknown-column",
            Self::CompressedColumn => "compressed-column",
            Self::ColumnLength => "column-length",
            Self::NotShortest => "not-shortest",
            Self::Null => "null",
            Self::Empty => "empty",
            Self::TooManyOps => "too-many-ops",
            Self::TooManyPreds => "too-many-preds",
            Self::Counter => "counter",
            Self::Action => "action",
            Self::Value => "value",
            Self::Shape => "shape",
            Self::PredOrder => "pred-order",
            Self::Mark => "mark",
            Self::Actor => "actor",
            Self::Sequence => "sequence",
            Self::Equivocation => "equivocation",
            Self::InertDependency => "inert-dependency",
            Self::Dependencies => "dependencies",
            Self::StartOp => "start-op",
            Self::UnknownOp => "unknown-op",
            Self::ObjectType => "object-type",
            Self::Element => "element",
            Self::Predecessor => "predecessor",
            Self::MayNotDelete => "may-not-delete",
        }
    }
}
