//! What the source says of its own work: how much was seen, how much was lost, and which was the last of those.

use super::{Balance, Hole, KernelSource, Losses, LostExec, Reader, SourceError, lost};

impl KernelSource {
    /// The losses of which a daemon before this one told.
    pub fn told(&self) -> Result<Losses, SourceError> {
        self.reader
            .as_ref()
            .map_or_else(|| Ok(Losses::default()), Reader::told)
    }

    /// Keeps which losses were told, for the daemon after this one.
    pub fn keep_told(&mut self, losses: &Losses) -> Result<(), SourceError> {
        self.reader
            .as_mut()
            .map_or(Ok(()), |reader| reader.keep_told(losses))
    }

    /// What was seen and what was lost so far, by reason, and the terms of it, of one moment: an exec that is counted
    /// as lost in one of them is in both.
    pub fn losses_and_balance(&self) -> Result<(Losses, Balance), SourceError> {
        let mut losses = self.losses()?;
        let balance = self.balance()?;
        losses.set_to(&balance);
        Ok((losses, balance))
    }

    /// What was seen and what was lost so far, by reason.
    pub fn losses(&self) -> Result<Losses, SourceError> {
        let mut losses = self.counters.read()?;
        losses.received = self.inbox.received;
        losses.bad_records = self.inbox.bad_records;
        losses.unfinished_args = self.inbox.assembly.given_up;
        losses.unfinished_env = self.inbox.assembly.without_env;
        losses.strays = self.inbox.assembly.strays;
        Ok(losses)
    }

    /// The gaps between execs that arrived, since this was last asked.
    pub fn take_holes(&mut self) -> Vec<Hole> {
        self.inbox.ledger.take_holes()
    }

    /// The last exec that each CPU lost.
    pub fn last_lost(&self) -> Result<Vec<LostExec>, SourceError> {
        lost::read(&self.last_lost)
    }

    /// What was watched, against what arrived and what was lost. Exact once [`finish`](Self::finish) is done.
    pub fn balance(&self) -> Result<Balance, SourceError> {
        self.counters.balance(&self.inbox.ledger, self.inbox.bad_records)
    }
}
