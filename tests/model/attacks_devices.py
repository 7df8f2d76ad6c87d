"""Devices: certificates, revocations, stolen laptops."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


@story
def second_device_of_a_person_writes(w):
    w.base()
    w.op("B1", "device", t="B", d="B2")
    w.live(B="B1 B2")
    w.counts(w.data("B2"))


@story
def device_adds_itself_with_the_phrase(w):
    w.base()
    x = w.op("B2", "device", t="B", d="B2")
    w.effective(x)
    w.counts(w.data("B2"))


@story
def device_of_a_stranger_adds_itself(w):
    w.base()
    w.invalid(w.op("Z1", "device", t="Z", d="Z1"))


@story
def device_of_another_person_cannot_be_added(w):
    w.base()
    w.invalid(w.op("A1", "device", t="B", d="B2"))


@story
def known_device_is_not_certified_again(w):
    w.base()
    w.op("B1", "revoke", d="B1", signed="B")
    w.invalid(w.op("B2", "device", t="B", d="B1"))
    w.invalid(w.op("A1", "add", t="C", role=EDITOR, devices=["V1"]))
    w.op("B2", "device", t="B", d="B2")
    w.live(B="B2")


@story
def one_device_for_two_persons(w):
    h = w.base()
    c = w.op("A1", "add", after=[h], t="C", role=EDITOR, devices=["X1"])
    d = w.op("O1", "add", after=[h], t="D", role=EDITOR, devices=["X1"])
    x = w.data("X1", knows=[c])
    # The certificate of greater rank speaks from now on; what was written
    # when only the other was known stays with that person.
    w.live(C="", D="X1")
    w.counts(x)
    w.op("A1", "remove", after=[c, d], t="C")
    w.excluded(x)


@story
def stolen_laptop_is_revoked_with_the_phrase(w):
    h = w.base()
    w.op("A1", "device", t="A", d="A2")
    h = w.op("O1", "describe")
    a = w.run("A1", 2)
    steal = w.op("A1", "add", after=[h], t="T", role=EDITOR, devices=["T1"])
    t0 = w.data("T1", knows=[steal])
    w.op("A2", "revoke", after=[h], d="A1", signed="A", cut=w.cut(a[0]))
    w.void(steal)
    w.counts(a[0])
    w.excluded(a[1], t0)
    w.live(A="A2")
    w.roles(T=0)


@story
def thief_revokes_the_other_device_first(w):
    w.base()
    w.op("A1", "device", t="A", d="A2")
    w.op("A1", "revoke", d="A2")
    w.invalid(w.op("A2", "describe"))
    w.op("A3", "device", t="A", d="A3")
    w.op("A3", "revoke", d="A1", signed="A")
    w.live(A="A3")


@story
def thief_and_owner_revoke_each_others_device(w):
    w.base()
    w.op("A1", "device", t="A", d="A2")
    h = w.op("O1", "describe")
    x = w.op("A1", "revoke", after=[h], d="A2")
    y = w.op("A2", "revoke", after=[h], d="A1", signed="A")
    w.void(x)
    w.effective(y)
    w.live(A="A2")


@story
def sibling_revocation_without_the_phrase_voids_no_ops(w):
    w.base()
    w.op("A1", "device", t="A", d="A2")
    h = w.op("O1", "describe")
    c = w.op("A2", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    a = w.data("A2", knows=[h])
    w.op("A1", "revoke", after=[h], d="A2")
    w.effective(c)
    w.excluded(a)
    w.live(A="A1")


@story
def two_siblings_revoke_each_other_without_the_phrase(w):
    w.base()
    w.op("B1", "device", t="B", d="B2")
    h = w.op("O1", "describe")
    x = w.op("B1", "revoke", after=[h], d="B2")
    y = w.op("B2", "revoke", after=[h], d="B1")
    w.effective(x, y)
    w.live(B="")
    w.roles(B=EDITOR)
    w.op("B3", "device", t="B", d="B3")
    w.live(B="B3")


@story
def revocation_by_an_admin_voids_ops_of_the_device(w):
    h = w.base()
    x = w.op("B1", "device", after=[h], t="B", d="B2")
    w.op("A1", "revoke", after=[h], d="B1")
    w.void(x)
    # The certificate of B2 is B's own all the same: only the phrase signs one.
    w.live(B="B2")


@story
def revocation_by_an_equal_is_invalid(w):
    w.base()
    w.invalid(w.op("M1", "revoke", d="B1"))
    w.op("O1", "add", t="D", role=ADMIN, devices=["D1"])
    w.invalid(w.op("D1", "revoke", d="A1"))


@story
def revocation_with_the_signature_of_another_person_is_invalid(w):
    w.base()
    w.invalid(w.op("A1", "revoke", d="B1", signed="A"))
    w.invalid(w.op("A1", "revoke", d="B1", signed="B"))
    w.invalid(w.op("B1", "revoke", d="B1", signed="M"))


@story
def revocation_of_an_unknown_device_is_invalid(w):
    w.base()
    w.invalid(w.op("O1", "revoke", d="Z1"))


@story
def revoked_device_writes_on_and_nobody_builds(w):
    h = w.base()
    w.op("B1", "device", t="B", d="B2")
    h = w.op("O1", "describe")
    b = w.run("B1", 2)
    r = w.op("B2", "revoke", d="B1", signed="B", cut=w.cut(b[1]))
    late = w.data("B1", [b[1]], knows=[h])
    w.counts(*b)
    w.excluded(late)
    w.invalid(w.data("B1", [b[1]], knows=[r], prev=b[1]))


@story
def other_device_of_the_person_built_on_it_unaware(w):
    h = w.base()
    w.op("B1", "device", t="B", d="B2")
    h = w.op("O1", "describe")
    b0 = w.data("B1", knows=[h])
    c0 = w.data("B2", [b0], knows=[h])
    w.op("A1", "revoke", after=[h], d="B1")
    w.counts(b0, c0)


@story
def late_work_of_a_revoked_device_comes_in_by_an_extended_cut(w):
    h = w.base()
    b = w.run("B1", 3)
    w.op("B2", "device", t="B", d="B2")
    r = w.op("B2", "revoke", d="B1", cut=w.cut(b[0]))
    w.excluded(b[1])
    w.op("A1", "extend", of=r, cut=w.cut(b[1]))
    w.counts(b[1])
    w.excluded(b[2])


@story
def revocation_before_a_removal_is_the_one_that_applies(w):
    h = w.base()
    b = w.run("B1", 2)
    w.op("B2", "device", t="B", d="B2")
    w.op("B2", "revoke", d="B1", signed="B", cut=w.cut(b[0]))
    w.op("A1", "remove", t="B", cut=w.cut(b[1]))
    w.counts(b[0])
    w.excluded(b[1])


@story
def device_added_while_its_person_is_removed(w):
    h = w.base()
    x = w.op("B1", "device", after=[h], t="B", d="B2")
    R = w.op("A1", "remove", after=[h], t="B")
    w.void(x)
    w.live(B="")
    w.op("A1", "add", after=[R], t="B", role=EDITOR, devices=["B3"])
    # B2 did not know the removal, so its certificate ended with it.
    w.live(B="B3")


@story
def removal_ends_all_devices_it_knows(w):
    w.base()
    w.op("B1", "device", t="B", d="B2")
    w.op("A1", "remove", t="B")
    w.op("A1", "add", t="B", role=EDITOR, devices=["B3"])
    w.live(B="B3")


@story
def viewers_device_ops_stand(w):
    w.base()
    x = w.op("V1", "device", t="V", d="V2")
    y = w.op("V2", "revoke", d="V1", signed="V")
    w.effective(x, y)
    w.live(V="V2")
    w.invalid(w.data("V2"))


@story
def stolen_laptop_of_the_owner_made_an_owner(w):
    h = w.base()
    w.op("O1", "device", t="O", d="O2")
    h = w.op("O1", "describe")
    x = w.op("O1", "role", after=[h], t="M", role=OWNER)
    y = w.op("M1", "role", after=[x], t="A", role=VIEWER)
    w.op("O2", "revoke", after=[h], d="O1", signed="O")
    w.void(x, y)
    w.roles(M=EDITOR, A=ADMIN, O=OWNER)


@story
def person_promoted_later_acts_from_a_device_added_before(w):
    w.base()
    w.op("B1", "device", t="B", d="B2")
    w.op("O1", "role", t="B", role=ADMIN)
    c = w.op("B2", "add", t="C", role=EDITOR, devices=["C1"])
    w.effective(c)
    w.counts(w.data("C1"))
