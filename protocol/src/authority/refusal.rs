//! Why an op is refused.

/// Why an op is invalid: by its own past, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpRefusal {
    /// Its author is no member at its parents.
    #[error("author is not a member")]
    NotMember,
    /// Its author's role does not allow it.
    #[error("author's role does not allow it")]
    Role,
    /// It adds somebody who is a member already.
    #[error("person is a member already")]
    AlreadyMember,
    /// It concerns somebody who is no member, or a device that is nobody's.
    #[error("person or device is not in the workspace")]
    NoSuchMember,
    /// It would leave the workspace without an owner.
    #[error("the only owner must make another one first")]
    OnlyOwner,
    /// It certifies a device that was certified or revoked before.
    #[error("device is known already")]
    DeviceTaken,
    /// A second genesis, or one signed by a device it does not list.
    #[error("not the genesis of this workspace")]
    Genesis,
    /// It has no parents.
    #[error("op has no parents")]
    NoParents,
    /// It redeems an invite that is not in its past, or ends one.
    #[error("unknown invite")]
    UnknownInvite,
    /// The invite was revoked, is void, or its author may not invite any more.
    #[error("invite does not count any more")]
    InviteEnded,
    /// The invite was used as often as it may be.
    #[error("invite is used up")]
    InviteUsedUp,
    /// The invite is redeemed otherwise: by another op, on another device or for another role.
    #[error("invite is not redeemed like this")]
    InviteForm,
    /// It names an op that is not in its past, or is of a kind it cannot be about.
    #[error("op names an unknown op")]
    UnknownOp,
    /// A signature in it is missing, of the wrong key, or does not verify.
    #[error("signature in the op does not verify")]
    Signature,
    /// A recovery of an epoch that is not after those before it.
    #[error("recovery is of an old epoch")]
    Epoch,
}
