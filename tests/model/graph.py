"""The objects of docs/authority.md: ops, data, and the chains that hold both.

Nothing here judges. An id is an int whose order stands for the order of the
hashes in the product; a device is a text whose order stands for the order of
the device keys.
"""

OWNER, ADMIN, EDITOR, VIEWER, NOBODY = 4, 3, 2, 1, 0
TOP = 5  # rank of genesis and recover

KINDS = (
    "genesis add role remove leave ratify extend device revoke describe "
    "recover transfer invite admit uninvite"
).split()

NONE = frozenset()


class Op:
    """A membership op. Fields a kind does not have keep their defaults."""

    def __init__(self, id, device, seq, prev, kind, parents, past, **args):
        assert kind in KINDS, kind
        self.id, self.device, self.seq, self.prev = id, device, seq, prev
        self.kind, self.parents, self.past = kind, frozenset(parents), past
        self.t = args.pop("t", None)  # the person it names
        self.role = args.pop("role", None)  # rank given, or left to oneself
        self.devices = tuple(args.pop("devices", ()))  # of t: add, admit
        self.owners = dict(args.pop("owners", {}))  # person -> devices
        self.removed = tuple(args.pop("removed", ()))  # persons: recover
        self.cut = dict(args.pop("cut", {}))  # device -> (seq, head)
        self.ops = tuple(args.pop("ops", ()))  # ratify
        self.of = args.pop("of", None)  # the removal or invite it refers to
        self.d = args.pop("d", None)  # the device: device, revoke
        self.signed = args.pop("signed", None)  # revoke: person that signed
        self.form = args.pop("form", None)  # handed, approval, open
        self.uses = args.pop("uses", 1)
        self.epoch = args.pop("epoch", 0)
        self.proofs = frozenset(args.pop("proofs", ()))  # "key" or persons
        self.quorum = args.pop("quorum", 0)
        assert not args, args

    def certifies(self):
        """Pairs (person, device) of the certificates in this op."""
        if self.kind in ("genesis", "recover"):
            return [(p, d) for p, ds in self.owners.items() for d in ds]
        if self.kind in ("add", "admit"):
            return [(self.t, d) for d in self.devices]
        if self.kind == "device":
            return [(self.t, self.d)]
        return []


class Data:
    """An Open or a Change: what it says is no matter here."""

    def __init__(self, id, device, seq, prev, deps, mheads):
        self.id, self.device, self.seq, self.prev = id, device, seq, prev
        self.deps, self.mheads = frozenset(deps), frozenset(mheads)
        # Filled in by the graph:
        self.past = self.full = self.m = NONE
        self.before = None  # last data before it on its chain
        self.between = ()  # the ops after `before`, latest first


class Graph:
    """A set of objects, closed under everything they refer to.

    The one exception: the `prev` of an op need not be here.
    """

    def __init__(self):
        self.ops, self.data = {}, {}

    def get(self, id):
        return self.ops.get(id) or self.data.get(id)

    def add_op(self, id, device, seq, prev, kind, parents, **args):
        assert self.get(id) is None
        past = self.closure(parents)
        self.ops[id] = Op(id, device, seq, prev, kind, parents, past, **args)
        return id

    def add_data(self, id, device, seq, prev, deps, mheads):
        assert self.get(id) is None
        e = Data(id, device, seq, prev, deps, mheads)
        e.m = self.closure(mheads)
        e.past = self.closure_data(deps)
        between = []
        at = prev
        while at in self.ops:
            between.append(at)
            at = self.ops[at].prev
        e.between = tuple(between)
        assert at is None or at in self.data, "the chain before data must be here"
        e.before = at
        full = set(e.past)
        for d in set(deps) | ({at} if at is not None else set()):
            full |= self.data[d].full | {d}
        e.full = frozenset(full)
        self.data[id] = e
        return id

    def forget(self, id):
        """Takes back an object nothing refers to yet. Ids are never reused."""
        self.ops.pop(id, None)
        self.data.pop(id, None)

    def closure(self, heads):
        """The ops named and their pasts."""
        out = set(heads)
        for h in heads:
            out |= self.ops[h].past
        return frozenset(out)

    def closure_data(self, heads):
        """The data named and their pasts."""
        out = set(heads)
        for h in heads:
            out |= self.data[h].past
        return frozenset(out)

    def heads(self, ops):
        """Those of `ops` that are in the past of no other."""
        return {x for x in ops if not any(x in self.ops[y].past for y in ops)}

    def heads_data(self, data):
        return {x for x in data if not any(x in self.data[y].past for y in data)}

    def concurrent(self, x, y):
        """x ∥ y, for two ops."""
        return x != y and x not in self.ops[y].past and y not in self.ops[x].past

    def continues(self, id):
        """Whether the object's link to the one before it on the chain is right."""
        x = self.get(id)
        if x.prev is None:
            return x.seq == 0
        p = self.get(x.prev)
        return p is not None and p.device == x.device and p.seq + 1 == x.seq
