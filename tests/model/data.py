"""Validity of data (R4, R5), judged from headers alone."""

from graph import EDITOR


class DataRules:
    def data_author(self, e):
        """The person of the device in the state the data names, or None."""
        d = self.g.data[e]
        return self.state(d.m).author(d.device)

    def valid_data(self, e):
        if e not in self._valid:
            self._valid[e] = self.check_data(self.g.data[e])
        return self._valid[e]

    def check_data(self, d):
        return (
            self.chain_is_right(d)
            and all(self.valid_data(x) for x in d.full)
            and all(self.valid_op(x) for x in d.m)
            and self.may_write(d)
            and self.keeps_what_was_known(d)
            and self.builds_on_what_counts(d)
        )

    def chain_is_right(self, d):
        """Every link from the data before it; ops between must be valid too."""
        links = (d.id,) + d.between
        return all(self.g.continues(x) for x in links) and all(
            self.valid_op(x) for x in d.between
        )

    def may_write(self, d):
        S = self.state(d.m)
        return S.rank(S.author(d.device)) >= EDITOR

    def keeps_what_was_known(self, d):
        """R4: what anything it rests on knew, it knows."""
        return all(self.g.data[x].m <= d.m for x in d.full)

    def builds_on_what_counts(self, d):
        """R5: judged from its own past."""
        return d.past <= self.accepted(d.full, d.m)
