"""How honest authors get on beside forks, void ops and removals."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


@story
def honest_author_names_what_its_deps_knew_even_if_void(w):
    h = w.base()
    x = w.op("M1", "describe", after=[h])
    m0 = w.data("M1", knows=[x])
    b0 = w.data("B1", [m0], knows=[x])
    w.op("A1", "remove", after=[h], t="M", cut=w.cut(m0))
    w.void(x)
    e = w.honest("A1", [b0], 0)
    w.counts(e)


@story
def witnesses_show_why_a_branch_counts(w):
    w.base()
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    x = w.data("B1", [a])
    y, z = w.data("A1", [b]), w.data("O1", [b])
    # With y alone the two branches are even in sight of B, and the other wins.
    e = w.honest("B1", [y], 1)
    w.counts(b, y, z, e)
    w.excluded(a, x)


@story
def voucher_that_does_not_count_cannot_be_a_witness(w):
    w.base()
    w.op("A1", "add", t="N", role=EDITOR, devices=["N1"])
    w.op("A1", "add", t="C", role=EDITOR, devices=["C1"])
    m0, n0 = w.data("M1"), w.data("N1")
    n1 = w.data("N1", [n0])
    n1f = w.data("N1", [n0], prev=n0)
    v = w.data("V1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    x = w.data("B1", [a])
    y, z = w.data("A1", [b]), w.data("O1", [b, n1f])
    c = w.data("C1", [n1])
    # z made b win, and is lost with the branch of N it built on too.
    w.counts(m0, n0, b, y, n1, c)
    w.excluded(a, x, z, n1f)
    w.invalid(v)
    # B has a and x behind it: to B's entry the branches of M are even.
    e = w.honest("B1", [y], 4)
    w.counts(e, b, y)


@story
def author_whose_grant_only_void_ops_show_names_all_it_knows(w):
    h = w.base()
    x = w.op("B1", "device", after=[h], t="B", d="B2")
    w.op("A1", "revoke", after=[h], d="B1")
    w.void(x)
    w.live(B="B2")
    e = w.honest("B2", [], 2)
    w.counts(e)


@story
def forked_or_revoked_device_writes_no_more(w):
    w.base()
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    w.honest("M1", [m0], None)
    w.op("B2", "device", t="B", d="B2")
    w.op("B2", "revoke", d="B1")
    w.honest("B1", [m0], None)
    w.honest("V1", [m0], None)
    w.counts(w.honest("B2", [m0], 0))


@story
def author_goes_on_after_its_own_work_was_lost_to_a_fork(w):
    w.base()
    m0 = w.data("M1")
    a = w.data("M1", [m0])
    b = w.data("M1", [m0], prev=m0)
    x = w.data("B1", [a])
    x2 = w.data("B1", [x])
    y, z = w.data("A1", [b]), w.data("O1", [b])
    w.excluded(x, x2)
    e = w.honest("B1", [y, z], 0)
    w.counts(e)


@story
def author_goes_on_after_an_extended_cut_was_voided(w):
    h = w.base()
    m = w.run("M1", 2)
    R = w.op("A1", "remove", t="M", cut=w.cut(m[0]))
    x = w.op("A1", "extend", of=R, cut=w.cut(m[1]))
    b0 = w.data("B1", [m[1]])
    w.op("O1", "role", after=[R], t="A", role=EDITOR)
    w.void(x)
    # B built on it in good faith, which keeps it.
    w.counts(b0, m[1])
    w.counts(w.honest("A1", [b0], 0))


@story
def demoted_and_promoted_author_whose_last_entry_is_out(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("A1", "role", after=[h], t="B", role=VIEWER, cut=w.cut(b[0]))
    w.op("A1", "role", t="B", role=EDITOR)
    w.excluded(b[1])
    e = w.honest("B1", [b[0]], 0)
    w.counts(e)
