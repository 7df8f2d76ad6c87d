"""Invites of all three forms."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


def open_invite(w, host="A1", uses=1, role=EDITOR):
    w.base()
    return w.op(host, "invite", form="open", role=role, uses=uses)


def admit(w, device, invite, t, after=None, role=EDITOR, **args):
    return w.op(device, "admit", after, of=invite, t=t, role=role, devices=[t + "1"], **args)


@story
def handed_invite_is_redeemed_at_its_device(w):
    w.base()
    i = w.op("A1", "invite", form="handed", role=EDITOR)
    c = w.op("A1", "add", of=i, t="C", role=EDITOR, devices=["C1"])
    w.effective(c)
    w.counts(w.data("C1"))


@story
def handed_invite_at_another_device_is_invalid(w):
    w.base()
    w.op("A1", "device", t="A", d="A2")
    i = w.op("A1", "invite", form="handed", role=EDITOR)
    w.invalid(w.op("A2", "add", of=i, t="C", role=EDITOR, devices=["C1"]))
    w.invalid(w.op("O1", "add", of=i, t="C", role=EDITOR, devices=["C1"]))


@story
def handed_invite_is_not_used_twice(w):
    w.base()
    i = w.op("A1", "invite", form="handed", role=EDITOR)
    w.op("A1", "add", of=i, t="C", role=EDITOR, devices=["C1"])
    w.invalid(w.op("A1", "add", of=i, t="D", role=EDITOR, devices=["D1"]))


@story
def invite_gives_its_own_role_only(w):
    w.base()
    i = w.op("O1", "invite", form="handed", role=VIEWER)
    w.invalid(w.op("O1", "add", of=i, t="C", role=EDITOR, devices=["C1"]))
    w.invalid(w.op("A1", "invite", form="handed", role=ADMIN))
    w.invalid(w.op("O1", "invite", form="approval", role=OWNER))
    w.invalid(w.op("O1", "invite", form="open", role=ADMIN))


@story
def approval_is_given_by_any_admin_any_number_of_times(w):
    w.base()
    i = w.op("O1", "invite", form="approval", role=EDITOR, uses=1)
    c = w.op("A1", "add", of=i, t="C", role=EDITOR, devices=["C1"])
    d = w.op("A1", "add", of=i, t="D", role=EDITOR, devices=["D1"])
    w.effective(c, d)
    w.invalid(w.op("B1", "add", of=i, t="E", role=EDITOR, devices=["E1"]))


@story
def revoked_invite_cannot_be_redeemed(w):
    w.base()
    i = w.op("O1", "invite", form="approval", role=EDITOR)
    w.op("O1", "uninvite", of=i)
    w.invalid(w.op("A1", "add", of=i, t="C", role=EDITOR, devices=["C1"]))


@story
def invite_nobody_made_cannot_be_redeemed(w):
    h = w.base()
    i = w.op("A1", "invite", form="open", role=EDITOR)
    w.invalid(admit(w, "B1", i, "C", after=[h]))
    w.invalid(admit(w, "B1", h, "C"))


@story
def open_ticket_is_not_for_add_nor_another_for_admit(w):
    i = open_invite(w)
    w.invalid(w.op("A1", "add", of=i, t="C", role=EDITOR, devices=["C1"]))
    k = w.op("A1", "invite", form="approval", role=EDITOR)
    w.invalid(admit(w, "B1", k, "C"))


@story
def editor_admits_by_an_open_ticket(w):
    i = open_invite(w)
    c = admit(w, "B1", i, "C")
    w.effective(c)
    w.roles(C=EDITOR)
    w.counts(w.data("C1"))


@story
def editor_added_by_an_admin_admits_by_a_ticket_of_the_owner(w):
    i = open_invite(w, "O1")
    w.op("A1", "add", t="E", role=EDITOR, devices=["E1"])
    w.op("E1", "device", t="E", d="E2")
    c = admit(w, "E2", i, "C")
    w.effective(c)
    w.roles(C=EDITOR)


@story
def owner_admits_by_a_ticket_of_an_admin(w):
    i = open_invite(w, "A1")
    c = admit(w, "O1", i, "C")
    w.effective(c)
    w.roles(C=EDITOR)


@story
def admitted_editor_admits_the_next(w):
    i = open_invite(w, uses=2)
    c = admit(w, "B1", i, "C")
    d = admit(w, "C1", i, "D")
    x = w.op("D1", "describe")
    w.effective(c, d, x)
    w.counts(w.data("D1"))


@story
def viewer_does_not_admit(w):
    i = open_invite(w)
    w.invalid(admit(w, "V1", i, "C"))


@story
def admitted_viewer_does_not_write(w):
    i = open_invite(w, role=VIEWER)
    admit(w, "B1", i, "C", role=VIEWER)
    w.roles(C=VIEWER)
    w.invalid(w.data("C1"))


@story
def ticket_used_up_in_sight_is_invalid(w):
    i = open_invite(w)
    admit(w, "B1", i, "C")
    w.invalid(admit(w, "M1", i, "D"))


@story
def over_use_across_partitions(w):
    i = open_invite(w)
    c = admit(w, "B1", i, "C", after=[i])
    d = admit(w, "M1", i, "D", after=[i])
    d0 = w.data("D1", knows=[d])
    w.effective(c)
    w.void(d)
    w.excluded(d0)
    w.roles(C=EDITOR, D=0)
    w.op("A1", "ratify", after=[c, d], ops=[d])
    w.effective(c, d)
    w.counts(d0)


@story
def over_use_counts_the_shortest_past_first(w):
    i = open_invite(w)
    x = w.op("B1", "describe")
    c = admit(w, "B1", i, "C", after=[x])
    d = admit(w, "M1", i, "D", after=[i])
    w.effective(d)
    w.void(c)


@story
def void_admission_takes_no_use(w):
    i = open_invite(w)
    d = admit(w, "M1", i, "D", after=[i])
    w.op("A1", "remove", after=[i], t="M")
    x = w.op("B1", "describe", after=[i])
    c = admit(w, "B1", i, "C", after=[x])
    w.void(d)
    w.effective(c)


@story
def ticket_revoked_in_another_partition(w):
    i = open_invite(w, uses=2)
    c = admit(w, "B1", i, "C", after=[i])
    w.op("O1", "uninvite", after=[i], of=i)
    w.void(c)
    w.roles(C=0)


@story
def ticket_revoked_afterwards_changes_nothing(w):
    i = open_invite(w, uses=2)
    c = admit(w, "B1", i, "C")
    w.op("O1", "uninvite", of=i)
    w.effective(c)
    w.invalid(admit(w, "B1", i, "D"))


@story
def inviter_removed_in_another_partition(w):
    i = open_invite(w, "A1")
    c = admit(w, "B1", i, "C", after=[i])
    w.op("O1", "remove", after=[i], t="A")
    w.void(c)


@story
def inviter_leaves_after_the_admission(w):
    i = open_invite(w, "A1")
    c = admit(w, "B1", i, "C")
    w.op("A1", "leave")
    w.effective(c)
    w.roles(C=EDITOR, A=0)


@story
def ticket_of_a_demoted_admin_is_dead(w):
    i = open_invite(w, "A1")
    w.op("O1", "role", t="A", role=EDITOR)
    w.invalid(admit(w, "B1", i, "C"))


@story
def ticket_of_a_revoked_device_is_dead(w):
    i = open_invite(w, "A1", uses=2)
    c = admit(w, "B1", i, "C", after=[i])
    w.op("A2", "device", after=[i], t="A", d="A2")
    w.op("A2", "revoke", d="A1", signed="A", after=[w.order[-1]])
    w.void(c)
    w.invalid(admit(w, "B1", i, "D"))


@story
def void_invite_admits_nobody(w):
    h = w.base()
    i = w.op("A1", "invite", after=[h], form="open", role=EDITOR)
    c = admit(w, "B1", i, "C", after=[i])
    w.op("O1", "role", after=[h], t="A", role=EDITOR)
    w.void(i, c)
    w.roles(C=0)


@story
def removed_admin_cannot_admit_through_an_accomplice_it_adds_with_old_heads(w):
    i = open_invite(w, "O1")
    w.op("O1", "remove", t="A")
    x = w.op("A1", "add", after=[i], t="X", role=EDITOR, devices=["X1"])
    q = admit(w, "X1", i, "Q", after=[x])
    w.void(x, q)
    w.roles(X=0, Q=0)


@story
def void_revocation_of_an_invite_revokes_nothing(w):
    i = open_invite(w, "O1", uses=2)
    w.op("O1", "role", t="A", role=OWNER)
    h = w.op("O1", "describe")
    u = w.op("A1", "uninvite", after=[h], of=i)
    r = w.op("O1", "recover", after=[h], epoch=1, owners={"O": ["O2"]}, removed=["A"], proofs=["key"])
    w.void(u)
    c = admit(w, "B1", i, "C", after=[u, r])
    w.effective(c)


@story
def admin_revokes_no_invite_of_an_owner(w):
    i = open_invite(w, "O1")
    w.invalid(w.op("A1", "uninvite", of=i))


@story
def admission_of_a_member_or_a_known_device_is_invalid(w):
    i = open_invite(w, uses=9)
    w.invalid(w.op("B1", "admit", of=i, t="V", role=EDITOR, devices=["V2"]))
    w.invalid(w.op("B1", "admit", of=i, t="C", role=EDITOR, devices=["V1"]))


@story
def same_person_admitted_twice_in_two_partitions(w):
    i = open_invite(w, uses=2)
    admit(w, "B1", i, "C", after=[i])
    admit(w, "M1", i, "C", after=[i])
    w.roles(C=EDITOR)
    w.live(C="C1")


@story
def admitting_editor_removed_in_another_partition(w):
    i = open_invite(w)
    c = admit(w, "B1", i, "C", after=[i])
    w.op("A1", "role", after=[i], t="B", role=VIEWER)
    w.void(c)


@story
def admitting_admin_made_editor_in_another_partition(w):
    i = open_invite(w, "O1")
    c = admit(w, "A1", i, "C", after=[i])
    w.op("O1", "role", after=[i], t="A", role=EDITOR)
    w.effective(c)


@story
def who_left_comes_again_by_an_open_invite(w):
    i = open_invite(w)
    w.op("B1", "leave")
    w.effective(w.op("M1", "admit", of=i, t="B", role=EDITOR, devices=["B2"]))
    w.roles(B=EDITOR)
    w.live(B="B2")
