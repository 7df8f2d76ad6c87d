"""Recovery with the key or by a quorum, and its epochs."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


def recover(w, device, epoch=1, proofs=("key",), owners=None, **args):
    owners = owners or {"O": ["O2"]}
    return w.op(device, "recover", epoch=epoch, proofs=proofs, owners=owners, **args)


@story
def recovery_by_the_key_from_a_new_device(w):
    w.base()
    r = recover(w, "O2", removed=["A"])
    w.effective(r)
    w.roles(O=OWNER, A=0)
    w.live(O="O1 O2")


@story
def recovery_for_a_person_who_was_never_a_member(w):
    w.base()
    recover(w, "Z1", owners={"Z": ["Z1"]}, removed=["O"])
    w.roles(Z=OWNER, O=0)
    w.live(Z="Z1", O="")


@story
def recovery_without_proofs_is_invalid(w):
    w.base()
    w.invalid(recover(w, "O2", proofs=()))
    w.invalid(recover(w, "O2", proofs=("O",)))


@story
def recovery_by_a_quorum_of_the_first_owners(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"], "Q": ["Q1"]}, quorum=2)
    w.invalid(recover(w, "O2", proofs=("O",)))
    w.invalid(recover(w, "O2", proofs=("O", "X")))
    r = recover(w, "O2", proofs=("O", "P"), removed=["Q"])
    w.effective(r)
    w.roles(Q=0)


@story
def recovery_voids_what_the_removed_owner_does_at_the_same_time(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    h = w.op("O1", "describe")
    x = w.op("A1", "add", after=[h], t="X", role=ADMIN, devices=["X1"])
    recover(w, "O1", after=[h], removed=["A"], owners={"O": ["O1"]})
    w.void(x)
    w.roles(A=0, X=0, O=OWNER)


@story
def recovery_of_a_greater_epoch_wins_over_a_concurrent_one(w):
    h = w.base()
    a = recover(w, "O2", 1, after=[h], owners={"O": ["O2"]}, removed=["A"])
    b = recover(w, "Z1", 2, after=[h], owners={"Z": ["Z1"]}, removed=["O"])
    w.void(a)
    w.effective(b)
    w.roles(Z=OWNER, O=0, A=ADMIN)


@story
def recovery_of_an_equal_epoch_with_the_lower_id_wins(w):
    h = w.base()
    a = recover(w, "O2", 1, after=[h], owners={"O": ["O2"]}, removed=["A"])
    b = recover(w, "Z1", 1, after=[h], owners={"Z": ["Z1"]}, removed=["O"])
    w.effective(a)
    w.void(b)
    w.roles(O=OWNER, Z=0)


@story
def epoch_must_grow(w):
    w.base()
    recover(w, "O2", 2)
    w.invalid(recover(w, "O3", 2, owners={"O": ["O3"]}))
    w.effective(recover(w, "O3", 3, owners={"O": ["O3"]}))


@story
def great_epoch_voids_a_chain_of_recoveries(w):
    h = w.base()
    a = recover(w, "O2", 1, after=[h])
    b = recover(w, "O3", 2, after=[a], owners={"O": ["O3"]})
    c = recover(w, "O4", 9, after=[h], owners={"O": ["O4"]})
    w.void(a, b)
    w.effective(c)


@story
def recovery_needs_owners_and_removes_none_of_them(w):
    w.base()
    w.invalid(w.op("O1", "recover", epoch=1, proofs=["key"], owners={}))
    w.invalid(recover(w, "O1", owners={"O": ["O1"]}, removed=["O"]))


@story
def recovery_takes_no_device_of_another_person(w):
    w.base()
    w.invalid(recover(w, "Z1", owners={"Z": ["Z1", "A1"]}))
    w.effective(recover(w, "A1", owners={"A": ["A1"]}))


@story
def recovery_signed_by_a_strangers_device_is_invalid(w):
    w.base()
    w.invalid(recover(w, "Z1", owners={"O": ["O2"]}))


@story
def removed_by_recovery_with_a_cut_that_only_an_owner_extends(w):
    w.base()
    a = w.run("A1", 3)
    w.op("O1", "add", t="D", role=ADMIN, devices=["D1"])
    r = recover(w, "O2", removed=["A"], cut=w.cut(a[0]))
    w.counts(a[0])
    w.excluded(a[1])
    w.invalid(w.op("D1", "extend", of=r, cut=w.cut(a[1])))
    w.op("O2", "extend", of=r, cut=w.cut(a[1]))
    w.counts(a[1])
    w.excluded(a[2])


@story
def owner_of_a_recovery_leaves_and_the_guard_keeps_one(w):
    w.base()
    r = recover(w, "O2", owners={"O": ["O2"], "P": ["P1"]})
    w.op("O2", "leave", after=[r])
    w.op("P1", "leave", after=[r])
    w.roles(O=0, P=OWNER)


@story
def leaving_does_not_undo_what_recovery_gave(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    h = w.op("O1", "describe")
    w.op("O1", "leave", after=[h])
    recover(w, "A1", after=[h], owners={"O": ["O2"], "A": ["A1"]})
    w.roles(O=0, A=OWNER)


@story
def stolen_owner_laptop_is_answered_by_recovery(w):
    h = w.base()
    r = w.op("O1", "remove", t="A")
    x = w.op("O1", "transfer", t="M", role=EDITOR)
    y = w.op("M1", "remove", t="O")
    w.effective(r, x, y)
    recover(w, "O2", owners={"O": ["O2"]}, removed=["M"])
    w.roles(O=OWNER, M=0)
    w.live(O="O2")
