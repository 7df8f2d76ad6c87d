"""Roles: who may change whom, owners, transfer, ratifying."""

from graph import ADMIN, EDITOR, OWNER, VIEWER
from story import story


@story
def admin_cannot_remove_an_admin(w):
    w.base()
    w.op("O1", "add", t="C", role=ADMIN, devices=["C1"])
    w.invalid(w.op("A1", "remove", t="C"))
    w.invalid(w.op("C1", "role", t="A", role=VIEWER))


@story
def admin_cannot_make_itself_owner(w):
    w.base()
    w.invalid(w.op("A1", "role", t="A", role=OWNER))
    w.invalid(w.op("A1", "role", t="B", role=ADMIN))
    w.invalid(w.op("A1", "add", t="C", role=ADMIN, devices=["C1"]))


@story
def editor_and_viewer_manage_nobody(w):
    w.base()
    w.invalid(w.op("B1", "add", t="C", role=VIEWER, devices=["C1"]))
    w.invalid(w.op("B1", "remove", t="V"))
    w.invalid(w.op("B1", "invite", form="open", role=VIEWER))
    w.invalid(w.data("V1"))


@story
def owner_cannot_remove_an_owner(w):
    w.base()
    w.op("O1", "role", t="A", role=OWNER)
    w.invalid(w.op("O1", "remove", t="A"))
    w.invalid(w.op("A1", "role", t="O", role=EDITOR))


@story
def removal_with_old_heads_loses_to_a_promotion_by_an_owner(w):
    h = w.base()
    w.op("O1", "role", after=[h], t="B", role=ADMIN)
    w.op("A1", "remove", after=[h], t="B")
    w.roles(B=ADMIN)
    w.live(B="B1")


@story
def removal_beats_a_role_change_of_equal_authority(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    h2 = w.op("O1", "describe")
    w.op("O1", "role", after=[h2], t="B", role=ADMIN)
    w.op("A1", "remove", after=[h2], t="B")
    w.roles(B=0)


@story
def two_adds_of_one_person_give_the_lower_role(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    h2 = w.op("O1", "describe")
    w.op("O1", "add", after=[h2], t="C", role=ADMIN, devices=["C1"])
    w.op("A1", "add", after=[h2], t="C", role=EDITOR, devices=["C2"])
    w.roles(C=EDITOR)
    w.live(C="C1 C2")


@story
def two_adds_of_one_person_and_the_higher_author_decides(w):
    h = w.base()
    w.op("O1", "add", after=[h], t="C", role=ADMIN, devices=["C1"])
    w.op("A1", "add", after=[h], t="C", role=VIEWER, devices=["C1"])
    w.roles(C=ADMIN)


@story
def both_owners_leave_at_once(w):
    w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    g = w.order[0]
    w.op("O1", "leave", after=[g])
    w.op("P1", "leave", after=[g])
    # The leaving with the greatest id is left out.
    w.roles(O=0, P=OWNER)
    w.live(O="", P="P1")


@story
def both_owners_lower_themselves_at_once(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    w.op("O1", "role", after=[g], t="O", role=EDITOR)
    w.op("P1", "role", after=[g], t="P", role=VIEWER)
    w.roles(O=EDITOR, P=OWNER)


@story
def only_owner_can_neither_leave_nor_lower_itself(w):
    w.base()
    w.invalid(w.op("O1", "leave"))
    w.invalid(w.op("O1", "role", t="O", role=ADMIN))


@story
def owner_restored_by_the_guard_is_not_lost_to_what_followed(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    h = w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    h = w.op("O1", "add", t="C", role=ADMIN, devices=["C1"])
    p = w.op("P1", "role", after=[h], t="P", role=EDITOR)
    o = w.op("O1", "role", after=[h], t="O", role=EDITOR)
    w.op("A1", "remove", after=[o], t="O")
    w.op("C1", "remove", after=[p], t="P")
    w.roles(O=OWNER, P=0)
    w.live(O="O1", P="")


@story
def guard_considers_who_became_owner_by_a_grant(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    h2 = w.op("O1", "leave")
    w.roles(O=0, A=OWNER)
    w.op("A1", "role", t="B", role=OWNER)
    h3 = w.op("A1", "describe")
    w.op("A1", "leave", after=[h3])
    w.op("B1", "leave", after=[h3])
    w.roles(A=0, B=OWNER, O=0)


@story
def ownership_is_transferred(w):
    w.base()
    w.op("O1", "transfer", t="A", role=EDITOR)
    w.roles(O=EDITOR, A=OWNER)
    w.invalid(w.op("O1", "add", t="C", role=EDITOR, devices=["C1"]))
    c = w.op("A1", "add", t="C", role=EDITOR, devices=["C1"])
    w.effective(c)


@story
def person_added_by_an_admin_acts_as_owner_after_a_transfer(w):
    w.base()
    w.op("A1", "add", t="C", role=EDITOR, devices=["C1"])
    w.op("C1", "device", t="C", d="C2")
    w.op("O1", "transfer", t="C", role=ADMIN)
    r = w.op("C2", "role", t="A", role=EDITOR)
    w.effective(r)
    w.roles(C=OWNER, A=EDITOR)


@story
def transfer_whose_grant_fails_lowers_nobody(w):
    h = w.base()
    w.op("O1", "transfer", after=[h], t="A", role=EDITOR)
    w.op("A1", "leave", after=[h])
    w.roles(A=0, O=OWNER)


@story
def owner_again_acts_when_the_one_named_left_beside_the_transfer(w):
    h = w.base()
    w.op("O1", "transfer", after=[h], t="A", role=EDITOR)
    w.op("A1", "leave", after=[h])
    w.roles(A=0, O=OWNER)
    w.effective(
        w.op("O1", "add", t="C", role=ADMIN, devices=["C1"]),
        w.op("O1", "add", t="A", role=EDITOR, devices=["A2"]),
    )
    w.roles(A=EDITOR, C=ADMIN, O=OWNER)
    w.effective(w.op("O1", "transfer", t="C", role=EDITOR))
    w.roles(C=OWNER, O=EDITOR)


@story
def owner_again_acts_when_the_one_named_lowered_itself_beside_the_transfer(w):
    h = w.base()
    w.op("O1", "transfer", after=[h], t="A", role=EDITOR)
    w.op("A1", "role", after=[h], t="A", role=VIEWER)
    w.roles(A=VIEWER, O=OWNER)
    w.effective(w.op("O1", "role", t="A", role=EDITOR))
    w.roles(A=EDITOR, O=OWNER)


@story
def owner_whom_the_guard_keeps_acts(w):
    h = w.base()
    w.op("A1", "leave", after=[h])
    p = w.op("O1", "role", after=[h], t="A", role=OWNER)
    w.op("O1", "leave", after=[p])
    w.roles(A=0, O=OWNER)
    w.effective(w.op("O1", "add", t="C", role=OWNER, devices=["C1"]))
    w.roles(C=OWNER, O=0)


@story
def who_left_beside_a_promotion_is_added_again_by_an_equal(w):
    h = w.base()
    w.op("O1", "role", after=[h], t="B", role=ADMIN)
    w.op("B1", "leave", after=[h])
    w.effective(w.op("A1", "add", t="B", role=EDITOR, devices=["B2"]))
    w.roles(B=EDITOR)
    w.live(B="B2")


@story
def owner_whom_an_admin_added_again_is_not_heard(w):
    w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    h = w.op("O1", "add", t="D", role=EDITOR, devices=["D1"])
    gone = w.op("P1", "remove", after=[h], t="D")
    w.op("A1", "add", after=[gone], t="D", role=EDITOR, devices=["D2"])
    w.op("O1", "role", after=[h], t="D", role=OWNER)
    # The add knows the removal, and the grant is above the add; but it is judged after owners' ops.
    w.roles(D=OWNER)
    w.void(w.op("D2", "describe"))
    w.counts(w.data("D2"))
    w.op("O1", "recover", owners={"O": ["O1"]}, removed=["D"], epoch=1, proofs=["key"])
    w.roles(D=0, O=OWNER)


@story
def admin_admitted_again_is_not_heard_until_an_owner_says_so(w):
    w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    i = w.op("A1", "invite", form="open", role=EDITOR, uses=1)
    w.op("O1", "add", t="B", role=EDITOR, devices=["B1"])
    h = w.op("O1", "add", t="D", role=EDITOR, devices=["D1"])
    gone = w.op("P1", "remove", after=[h], t="D")
    w.op("B1", "admit", after=[gone], of=i, t="D", role=EDITOR, devices=["D2"])
    w.op("O1", "role", after=[h], t="D", role=ADMIN)
    w.roles(D=ADMIN)
    w.void(w.op("D2", "describe"))
    w.op("O1", "role", t="D", role=ADMIN)
    w.effective(w.op("D2", "describe"))


@story
def owner_again_keeps_what_it_did_before_the_leave_was_void(w):
    h = w.base()
    w.op("O1", "transfer", after=[h], t="B", role=EDITOR)
    leave = w.op("B1", "leave", after=[h])
    c = w.op("O1", "add", t="C", role=ADMIN, devices=["C1"])
    w.roles(B=0, C=ADMIN, O=OWNER)
    # The removal voids the leave, and the transfer overrides the removal.
    w.op("A1", "remove", after=[h], t="B")
    w.void(leave)
    w.effective(c)
    w.roles(B=OWNER, C=ADMIN, O=EDITOR)


@story
def transfer_against_a_concurrent_removal_of_lower_rank(w):
    h = w.base()
    w.op("O1", "transfer", after=[h], t="B", role=ADMIN)
    w.op("A1", "remove", after=[h], t="B")
    w.roles(B=OWNER, O=ADMIN)


@story
def transfer_against_a_concurrent_demotion_by_an_owner(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    h = w.op("O1", "add", t="B", role=ADMIN, devices=["B1"])
    w.op("O1", "transfer", after=[h], t="B", role=ADMIN)
    w.op("P1", "role", after=[h], t="B", role=EDITOR)
    w.roles(B=EDITOR, O=OWNER, P=OWNER)


@story
def both_owners_transfer_at_once_to_two_persons(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    h = w.op("O1", "add", t="B", role=EDITOR, devices=["B1"])
    w.op("O1", "transfer", after=[h], t="A", role=ADMIN)
    w.op("P1", "transfer", after=[h], t="B", role=EDITOR)
    w.roles(A=OWNER, B=OWNER, O=ADMIN, P=EDITOR)


@story
def both_owners_transfer_at_once_to_one_person(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    h = w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    w.op("O1", "transfer", after=[h], t="A", role=ADMIN)
    w.op("P1", "transfer", after=[h], t="A", role=EDITOR)
    w.roles(A=OWNER, O=ADMIN, P=EDITOR)


@story
def one_owner_transfers_while_the_other_leaves(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1"], "P": ["P1"]})
    h = w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    w.op("O1", "transfer", after=[h], t="A", role=EDITOR)
    w.op("P1", "leave", after=[h])
    w.roles(A=OWNER, O=EDITOR, P=0)


@story
def removal_that_rests_on_a_lowering_that_does_not_count(w):
    h = w.base()
    x = w.op("O1", "transfer", after=[h], t="B", role=EDITOR)
    w.op("A1", "remove", after=[x], t="O")
    w.roles(B=OWNER, O=0)
    # O takes the grant back with old heads: then O was never lowered.
    w.op("O1", "role", after=[h], t="B", role=EDITOR)
    w.roles(B=EDITOR, O=OWNER)
    w.live(O="O1")


@story
def transfer_to_an_owner_or_leaving_too_little_is_invalid(w):
    w.base()
    w.invalid(w.op("O1", "transfer", t="A", role=VIEWER))
    w.invalid(w.op("O1", "transfer", t="A", role=OWNER))
    w.invalid(w.op("O1", "transfer", t="Z", role=ADMIN))
    w.invalid(w.op("A1", "transfer", t="B", role=EDITOR))


@story
def demotion_voids_what_the_demoted_did_at_the_same_time(w):
    h = w.base()
    d = w.op("O1", "role", after=[h], t="A", role=EDITOR)
    c = w.op("A1", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    r = w.op("A1", "remove", after=[h], t="B")
    w.void(c, r)
    w.op("O1", "ratify", after=[c, d, r], ops=[c])
    w.effective(c)
    w.void(r)
    w.roles(C=EDITOR, B=EDITOR, A=EDITOR)


@story
def what_a_demoted_admin_does_as_editor_stands(w):
    h = w.base()
    w.op("O1", "role", t="A", role=EDITOR)
    x = w.op("A1", "describe")
    w.effective(x)
    w.counts(w.data("A1"))


@story
def ratify_by_an_equal_or_of_an_unknown_op_is_invalid(w):
    h = w.base()
    w.op("O1", "add", t="D", role=ADMIN, devices=["D1"])
    c = w.op("A1", "add", t="C", role=EDITOR, devices=["C1"])
    w.invalid(w.op("D1", "ratify", ops=[c]))
    w.invalid(w.op("O1", "ratify", ops=[]))
    w.invalid(w.op("O1", "ratify", after=[h], ops=[c]))


@story
def void_ratify_ratifies_nothing(w):
    h = w.base()
    w.op("O1", "role", t="A", role=OWNER)
    w.op("O1", "add", t="D", role=ADMIN, devices=["D1"])
    h = w.op("O1", "describe")
    c = w.op("D1", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    d = w.op("O1", "role", after=[h], t="D", role=EDITOR)
    y = w.op("A1", "ratify", after=[c, d], ops=[c])
    w.effective(c)
    w.op("O1", "recover", after=[d], owners={"O": ["O2"]}, removed=["A"], epoch=1, proofs=["key"])
    w.void(y, c)


@story
def ratify_does_not_help_an_op_without_ground(w):
    h = w.base()
    c = w.op("A1", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    x = w.op("C1", "describe", after=[c])
    d = w.op("O1", "role", after=[h], t="A", role=EDITOR)
    w.void(c, x)
    w.op("O1", "ratify", after=[x, d], ops=[x])
    w.void(x)


@story
def ops_of_a_person_removed_at_the_same_time_are_void(w):
    h = w.base()
    x = w.op("B1", "describe", after=[h])
    w.op("A1", "remove", after=[h], t="B")
    w.void(x)


@story
def leaving_keeps_the_leavers_own_concurrent_ops(w):
    h = w.base()
    w.op("A1", "device", t="A", d="A2")
    h = w.op("O1", "describe")
    c = w.op("A2", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    w.op("A1", "leave", after=[h])
    w.effective(c)
    w.roles(A=0, C=EDITOR)


@story
def leaver_does_not_come_back_by_a_concurrent_role_change(w):
    h = w.base()
    w.op("B1", "leave", after=[h])
    w.op("O1", "role", after=[h], t="B", role=ADMIN)
    w.roles(B=0)


@story
def demotion_and_re_promotion_across_a_partition(w):
    h = w.base()
    d = w.op("A1", "role", after=[h], t="B", role=VIEWER)
    u = w.op("A1", "role", after=[d], t="B", role=EDITOR)
    v = w.op("O1", "role", after=[h], t="B", role=VIEWER)
    w.roles(B=VIEWER)
    w.op("O1", "role", after=[u, v], t="B", role=EDITOR)
    w.roles(B=EDITOR)


@story
def promotion_rests_on_an_add_that_was_voided(w):
    h = w.base()
    c = w.op("A1", "add", after=[h], t="C", role=EDITOR, devices=["C1"])
    p = w.op("O1", "role", after=[c], t="C", role=ADMIN)
    w.op("O1", "role", after=[h], t="A", role=EDITOR)
    w.void(c)
    # The owner's own word stands, and the certificate is C's own.
    w.roles(C=ADMIN)
    w.live(C="C1")
    x = w.op("C1", "add", t="D", role=EDITOR, devices=["D1"])
    w.effective(x)


@story
def what_an_admin_did_to_an_owner_a_thief_had_lowered(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1", "O2"], "P": ["P1"]})
    h = w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    x = w.op("O1", "leave", after=[h])
    y = w.op("A1", "add", after=[x], t="O", role=VIEWER, devices=["O3"])
    w.roles(O=VIEWER)
    w.op("O2", "revoke", after=[h], d="O1", signed="O")
    w.void(x, y)
    w.roles(O=OWNER)
    w.live(O="O2 O3")


@story
def device_an_admin_revoked_of_an_owner_a_thief_had_lowered(w):
    g = w.op("O1", "genesis", [], owners={"O": ["O1", "O2"], "P": ["P1"]})
    h = w.op("O1", "add", t="A", role=ADMIN, devices=["A1"])
    x = w.op("O1", "role", after=[h], t="O", role=VIEWER)
    y = w.op("A1", "revoke", after=[x], d="O2")
    w.live(O="O1")
    w.op("O2", "revoke", after=[h], d="O1", signed="O")
    w.void(x, y)
    w.live(O="O2")
