"""Forked chains, vouchers, named branches, and chains with ops in them."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


def forked(w):
    """M wrote m0 and then, twice, an entry after it."""
    h = w.base()
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    return h, m0, a, b


@story
def fork_nobody_built_on_is_frozen(w):
    h, m0, a, b = forked(w)
    c = w.data("M1", [b], prev=b)
    w.counts(m0)
    w.excluded(a, b, c)


@story
def fork_with_one_branch_built_on(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [b])
    w.counts(b, x)
    w.excluded(a)


@story
def fork_with_two_branches_and_more_persons_on_one(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [a])
    y = w.data("A1", [b])
    z = w.data("O1", [b])
    w.counts(b, y, z)
    w.excluded(a, x)


@story
def fork_with_two_branches_and_equally_many_persons(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [a])
    y = w.data("A1", [b])
    w.counts(a, x)
    w.excluded(b, y)


@story
def two_devices_of_one_person_are_one_voucher(w):
    w.base()
    w.op("B1", "device", t="B", d="B2")
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    x, y = w.data("B1", [b]), w.data("B2", [b])
    z = w.data("A1", [a])
    w.counts(a, z)
    w.excluded(b, x, y)


@story
def own_other_device_is_no_voucher_in_the_count(w):
    w.base()
    w.op("M1", "device", t="M", d="M2")
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    x = w.data("M2", [b])
    y = w.data("A1", [a])
    w.counts(a, y)
    w.excluded(b, x)


@story
def branch_named_by_a_cut_wins_over_more_vouchers(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [b])
    y = w.data("O1", [b])
    w.counts(b)
    w.op("A1", "remove", t="M", cut=w.cut(a))
    w.counts(m0, a)
    w.excluded(b, x, y)


@story
def branch_named_by_an_extended_cut(w):
    h, m0, a, b = forked(w)
    R = w.op("A1", "remove", t="M", cut=w.cut(m0))
    w.excluded(a, b)
    w.op("A1", "extend", of=R, cut=w.cut(b))
    w.counts(m0, b)
    w.excluded(a)


@story
def cut_below_the_fork_names_no_branch(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [b])
    w.op("A1", "remove", t="M", cut=w.cut(m0))
    w.counts(m0, b, x)
    w.excluded(a)


@story
def cut_of_a_revoked_sibling_names_a_branch(w):
    h, m0, a, b = forked(w)
    w.op("M2", "device", t="M", d="M2")
    w.op("M2", "revoke", d="M1", signed="M", cut=w.cut(b))
    w.counts(m0, b)
    w.excluded(a)


@story
def cut_against_another_person_names_no_branch(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [b])
    w.op("V2", "device", t="V", d="V2")
    w.op("V2", "revoke", d="V1", cut=w.cut(a))
    w.counts(b, x)
    w.excluded(a)


@story
def cut_by_seq_names_no_branch(w):
    h, m0, a, b = forked(w)
    w.op("A1", "remove", t="M", cut={"M1": (1, 777)})
    w.counts(m0)
    w.excluded(a, b)


@story
def losers_take_what_was_built_on_them(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [a])
    x2 = w.data("V1", [x])
    y = w.data("A1", [x])
    z, z2 = w.data("O1", [b]), w.data("O1", [b])
    w.invalid(x2)
    w.counts(a, x, y)
    w.excluded(b, z, z2)


@story
def frozen_entry_whose_voucher_lost_goes_too(w):
    w.base()
    w.op("A1", "add", t="N", role=EDITOR, devices=["L1"])
    n0 = w.data("L1")
    n1 = w.data("L1", [n0])
    n1f = w.data("L1", [n0], prev=n0)
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    # B alone vouches for n1 and builds on the branch of M that loses.
    x = w.data("B1", [b, n1])
    y, z = w.data("A1", [a]), w.data("O1", [a])
    w.counts(n0, a, y, z)
    w.excluded(b, x, n1, n1f)


@story
def fork_before_and_fork_behind(w):
    h, m0, a, b = forked(w)
    c = w.data("M1", [b], prev=b)
    d = w.data("M1", [b], prev=b)
    x = w.data("B1", [c])
    y = w.data("A1", [d])
    z = w.data("O1", [d])
    w.counts(m0, b, d, y, z)
    w.excluded(a, c, x)


@story
def fork_of_an_op_and_data(w):
    w.base()
    m0 = w.data("M1")
    o = w.op("M1", "describe", prev=m0)
    d = w.data("M1", [m0], prev=m0)
    w.effective(o)
    w.excluded(d)
    w.counts(m0)


@story
def fork_of_two_ops_voids_neither_and_freezes_data(w):
    w.base()
    m0 = w.data("M1")
    o = w.op("M1", "describe", prev=m0)
    p = w.op("M1", "describe", after=[w.order[4]], prev=m0)
    d = w.data("M1", [m0], knows=[p], prev=p)
    w.effective(o, p)
    w.excluded(d)
    # Who knows both ops may not build on it; who knows one of them may.
    w.invalid(w.data("A1", [d]))
    x = w.data("B1", [d], knows=[p])
    w.counts(d, x)


@story
def data_on_both_branches_of_forked_ops(w):
    w.base()
    m0 = w.data("M1")
    o = w.op("M1", "describe", prev=m0)
    a = w.data("M1", [m0], knows=[o], prev=o)
    h = w.order[4]
    p = w.op("M1", "describe", after=[h], prev=m0)
    b = w.data("M1", [m0], knows=[p], prev=p)
    x = w.data("B1", [a], knows=[o])
    y, z = w.data("A1", [b], knows=[p]), w.data("O1", [b], knows=[p])
    w.counts(b, y, z)
    w.excluded(a, x)


@story
def void_op_forks_like_any_other(w):
    h = w.base()
    o = w.op("M1", "describe", after=[h])
    d = w.data("M1", prev=None, knows=[h])
    R = w.op("O1", "role", after=[h], t="M", role=VIEWER)
    w.void(o)
    w.excluded(d)
    w.op("O1", "role", after=[R], t="M", role=EDITOR)
    w.excluded(d)


@story
def invalid_data_makes_no_fork(w):
    w.base()
    m0 = w.data("M1")
    bad = w.data("M1", [m0], knows=[w.order[0]], prev=m0)
    good = w.data("M1", [m0], prev=m0)
    w.invalid(bad)
    w.counts(m0, good)


@story
def invalid_op_makes_no_fork(w):
    w.base()
    m0 = w.data("M1")
    bad = w.op("M1", "remove", t="B", prev=m0)
    good = w.data("M1", [m0], prev=m0)
    w.invalid(bad)
    w.counts(m0, good)


@story
def data_behind_an_invalid_op_is_invalid(w):
    w.base()
    m0 = w.data("M1")
    bad = w.op("M1", "remove", t="B")
    w.invalid(bad, w.data("M1", [m0]))


@story
def data_behind_an_op_with_a_wrong_link_is_invalid(w):
    w.base()
    m0 = w.data("M1")
    b0 = w.data("B1")
    o = w.op("M1", "describe", prev=b0)
    w.effective(o)
    w.invalid(w.data("M1", [m0], prev=o))


@story
def data_on_the_chain_of_another_device_is_invalid(w):
    w.base()
    b0 = w.data("B1")
    w.invalid(w.data("M1", [b0], prev=b0))


@story
def data_behind_invalid_data_is_invalid(w):
    h = w.base()
    m0 = w.data("M1")
    bad = w.data("M1", [m0], knows=[w.order[0]])
    w.invalid(bad, w.data("M1", [m0], knows=[h]))


@story
def knowledge_may_not_shrink_along_the_chain(w):
    h = w.base()
    d = w.op("O1", "describe")
    m0 = w.data("M1", knows=[d])
    w.invalid(w.data("M1", [m0], knows=[h]))


@story
def knowledge_may_not_shrink_along_what_is_built_on(w):
    h = w.base()
    d = w.op("O1", "describe")
    b0 = w.data("B1", knows=[d])
    w.invalid(w.data("M1", [b0], knows=[h]))


@story
def current_member_retracts_its_own_tail_by_forking(w):
    h, m0, a, b = forked(w)
    w.counts(m0)
    w.excluded(a, b)
    x = w.data("B1", [m0])
    w.counts(x)


@story
def fork_from_the_very_first_position(w):
    w.base()
    a = w.data("M1", prev=None)
    b = w.data("M1", prev=None)
    x = w.data("B1", [b])
    w.counts(b, x)
    w.excluded(a)


@story
def voucher_on_a_forked_chain_does_not_stand(w):
    h, m0, a, b = forked(w)
    b0 = w.data("B1")
    b1 = w.data("B1", [b], prev=b0)
    b1f = w.data("B1", [b0], prev=b0)
    w.counts(b0)
    w.excluded(b1, b1f, a, b)


@story
def entry_built_on_the_loser_before_it_lost_is_excluded_not_invalid(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [a])
    x2 = w.data("B1", [x])
    y, z = w.data("A1", [b]), w.data("O1", [b])
    w.excluded(x, x2)
    # B goes on from what counts; its chain still holds the old work.
    x3 = w.data("B1", [m0])
    w.counts(x3, b)


@story
def entry_that_sees_both_branches_may_build_on_the_winner_only(w):
    h, m0, a, b = forked(w)
    x = w.data("B1", [a])
    y, z = w.data("A1", [b]), w.data("O1", [b])
    good = w.data("B1", [y, z])
    w.counts(good)
    bad = w.data("B1", [x])
    w.invalid(bad)
