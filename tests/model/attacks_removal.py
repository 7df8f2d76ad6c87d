"""Removals, cuts, backdating, late work."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


def removed(w, cut_at=0, n=2):
    """M wrote n entries; A removed M and cut after one of them."""
    h = w.base()
    m = w.run("M1", n)
    R = w.op("A1", "remove", t="M", cut=w.cut(m[cut_at]))
    return h, m, R


@story
def work_before_the_cut_counts_and_after_it_does_not(w):
    h, (m0, m1), R = removed(w)
    w.counts(m0)
    w.excluded(m1)
    w.roles(M=0)
    w.live(M="")


@story
def backdated_entry_that_nobody_built_on(w):
    h, (m0, m1), R = removed(w)
    m2 = w.data("M1", [m1], knows=[h])
    w.excluded(m1, m2)


@story
def offline_member_built_on_it_unaware(w):
    h, (m0, m1), R = removed(w)
    m2 = w.data("M1", [m1], knows=[h])
    b0 = w.data("B1", [m2], knows=[h])
    w.counts(m1, m2, b0)


@story
def aware_member_builds_on_an_entry_past_the_cut(w):
    h, (m0, m1), R = removed(w)
    b0 = w.data("B1", [m0])
    b1 = w.data("B1", [m1])
    w.counts(b0)
    w.invalid(b1)
    w.excluded(m1)


@story
def aware_member_names_old_heads(w):
    h, (m0, m1), R = removed(w)
    b0 = w.data("B1", [m0])
    b1 = w.data("B1", [m1], knows=[h])
    w.invalid(b1)
    w.excluded(m1)


@story
def aware_member_forks_to_vouch(w):
    h, (m0, m1), R = removed(w)
    b0 = w.data("B1", [], knows=[h])
    b1 = w.data("B1", [b0])
    b1f = w.data("B1", [b0, m1], knows=[h], prev=b0)
    w.counts(b0)
    w.excluded(b1, b1f, m1)


@story
def removed_member_writes_on_with_new_heads(w):
    h, m, R = removed(w)
    m2 = w.data("M1", [m[0]], knows=[R])
    w.invalid(m2)


@story
def work_of_three_weeks_comes_in_by_an_extended_cut(w):
    w.base()
    b = w.run("B1", 4)
    R = w.op("A1", "remove", t="B", cut=w.cut(b[0]))
    w.excluded(*b[1:])
    w.op("A1", "extend", of=R, cut=w.cut(b[2]))
    w.counts(*b[:3])
    w.excluded(b[3])


@story
def extended_cut_of_a_lower_rank_than_the_removal(w):
    w.base()
    b = w.run("B1", 2)
    R = w.op("O1", "remove", t="B", cut=w.cut(b[0]))
    x = w.op("A1", "extend", of=R, cut=w.cut(b[1]))
    w.invalid(x)
    w.excluded(b[1])


@story
def extended_cut_of_something_that_is_no_removal(w):
    h = w.base()
    x = w.op("A1", "extend", of=h, cut={})
    w.invalid(x)


@story
def void_extended_cut_lets_nothing_in(w):
    h = w.base()
    b = w.run("B1", 2)
    R = w.op("A1", "remove", t="B", cut=w.cut(b[0]))
    x = w.op("A1", "extend", after=[R], of=R, cut=w.cut(b[1]))
    w.counts(b[1])
    w.op("O1", "remove", after=[R], t="A", cut={})
    w.void(x)
    w.excluded(b[1])


@story
def cuts_of_two_removals_unite(w):
    h = w.base()
    b = w.run("B1", 3)
    w.op("A1", "remove", after=[h], t="B", cut=w.cut(b[0]))
    w.op("O1", "remove", after=[h], t="B", cut=w.cut(b[1]))
    w.counts(b[0], b[1])
    w.excluded(b[2])


@story
def later_wide_cut_does_not_bring_back_what_an_earlier_one_left_out(w):
    h = w.base()
    b = w.run("B1", 3)
    R = w.op("A1", "remove", t="B", cut=w.cut(b[0]))
    w.op("O1", "add", t="B", role=EDITOR, devices=["B2"])
    c = w.data("B2", [b[0]])
    w.op("O1", "remove", t="B", cut={"B1": (2, b[2]), "B2": (0, c)})
    w.counts(b[0], c)
    w.excluded(b[1], b[2])


@story
def removal_with_an_empty_cut_lets_stand_what_others_built_on(w):
    h = w.base()
    m = w.run("M1", 3)
    b = w.data("B1", [m[1]])
    w.op("A1", "remove", t="M", cut={})
    w.counts(m[0], m[1], b)
    w.excluded(m[2])


@story
def cut_by_seq_when_the_head_is_not_here(w):
    w.base()
    m = w.run("M1", 3)
    R = w.op("A1", "remove", t="M", cut=w.cut(m[1]))
    w.counts(m[0], m[1])
    with w.without(m[1]):
        w.counts(m[0])
    w.excluded(m[2])


@story
def cut_by_seq_of_a_head_nobody_has_seen(w):
    w.base()
    m = w.run("M1", 3)
    w.op("A1", "remove", t="M", cut={"M1": (1, 999999)})
    w.counts(m[0], m[1])
    w.excluded(m[2])


@story
def cut_by_hash_leaves_out_the_twin_below_it(w):
    h = w.base()
    m0 = w.data("M1")
    m1 = w.data("M1", [m0])
    m2 = w.data("M1", [m1])
    w.op("A1", "remove", t="M", cut=w.cut(m2))
    twin = w.data("M1", [m0], knows=[h], prev=m0)
    w.counts(m0, m1, m2)
    w.excluded(twin)


@story
def device_that_a_cut_does_not_name(w):
    w.base()
    w.op("M1", "device", t="M", d="M2")
    a, b = w.data("M1"), w.data("M2")
    w.op("A1", "remove", t="M", cut=w.cut(a))
    w.counts(a)
    w.excluded(b)


@story
def entries_behind_an_op_on_the_chain_are_in_the_cut_of_a_later_head(w):
    w.base()
    m0 = w.data("M1")
    w.op("M1", "describe")
    m1 = w.data("M1", [m0])
    w.op("A1", "remove", t="M", cut=w.cut(m1))
    w.counts(m0, m1)


@story
def cut_whose_head_is_an_op(w):
    w.base()
    m0 = w.data("M1")
    o = w.op("M1", "describe")
    m1 = w.data("M1", [m0])
    w.op("A1", "remove", t="M", cut=w.cut(o))
    w.counts(m0)
    w.excluded(m1)


@story
def removed_and_added_again_at_the_same_time_as_writing(w):
    h = w.base()
    b0 = w.data("B1")
    R = w.op("A1", "remove", t="B", cut=w.cut(b0))
    w.op("A1", "add", t="B", role=EDITOR, devices=["B2"])
    b1 = w.data("B1", [b0], knows=[h])
    c = w.data("B2", [b0])
    w.counts(b0, c)
    w.excluded(b1)
    w.live(B="B2")


@story
def person_added_again_needs_new_devices(w):
    w.base()
    w.op("A1", "remove", t="B", cut={})
    x = w.op("A1", "add", t="B", role=EDITOR, devices=["B1"])
    w.invalid(x)
    w.op("A1", "add", t="B", role=EDITOR, devices=["B2"])
    w.live(B="B2")
    w.invalid(w.data("B1"))


@story
def demoted_to_viewer_with_a_cut(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("A1", "role", t="B", role=VIEWER, cut=w.cut(b[0]))
    late = w.data("B1", [b[1]], knows=[h])
    w.counts(b[0])
    w.excluded(b[1], late)
    w.invalid(w.data("B1", [b[0]]))


@story
def demoted_and_promoted_again(w):
    h = w.base()
    b = w.run("B1", 2)
    R = w.op("A1", "role", t="B", role=VIEWER, cut=w.cut(b[0]))
    w.op("A1", "role", t="B", role=EDITOR)
    c = w.data("B1", [b[0]])
    w.excluded(b[1])
    # What it wrote in between is behind the cut, and so is the chain for who
    # builds on it, but the new entry builds only on what counts.
    w.counts(b[0], c)
    w.roles(B=EDITOR)


@story
def admin_made_editor_keeps_writing(w):
    w.base()
    a0 = w.data("A1")
    w.op("O1", "role", t="A", role=EDITOR)
    a1 = w.data("A1", [a0])
    w.counts(a0, a1)


@story
def leaver_names_its_own_cut(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("B1", "leave", cut=w.cut(b[0]))
    late = w.data("B1", [b[1]], knows=[h])
    w.counts(b[0])
    w.excluded(b[1], late)
    w.roles(B=0)


@story
def removal_overridden_by_a_concurrent_promotion_cuts_nothing(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("O1", "role", after=[h], t="B", role=ADMIN)
    R = w.op("A1", "remove", after=[h], t="B", cut=w.cut(b[0]))
    w.effective(R)
    w.roles(B=ADMIN)
    w.counts(*b)
    w.live(B="B1")


@story
def void_removal_cuts_nothing(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("O1", "role", after=[h], t="A", role=EDITOR)
    R = w.op("A1", "remove", after=[h], t="B", cut={})
    w.void(R)
    w.counts(*b)
    w.roles(A=EDITOR, B=EDITOR)


@story
def work_on_a_grant_that_was_voided(w):
    h = w.base()
    c = w.op("A1", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    c0 = w.data("C1", knows=[c])
    d = w.op("O1", "role", after=[h], t="A", role=EDITOR)
    w.void(c)
    w.excluded(c0)
    w.roles(C=0)
    w.op("O1", "ratify", after=[c, d], ops=[c])
    w.effective(c)
    w.counts(c0)
    w.roles(C=EDITOR)
