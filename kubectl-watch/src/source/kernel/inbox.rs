//! Records of the ring buffer in, events out, in the order in which they came.

use kubectl_watch_ebpf::Header;

use super::{
    assembly::Assembly,
    clock::Boot,
    convert,
    ledger::Ledger,
    record::{self, Record},
    ring::Ring,
};
use crate::event::ProcessEvent;

/// Makes events of records.
#[derive(Default)]
pub(super) struct Inbox {
    /// Puts arguments together.
    pub(super) assembly: Assembly,
    /// Proves what arrived.
    pub(super) ledger: Ledger,
    /// Execs that arrived.
    pub(super) received: u64,
    /// Records that were not whole.
    pub(super) bad_records: u64,
}

impl Inbox {
    /// Takes up to so many records that are there, appends the events that are whole, and says how many it took.
    pub(super) fn take(&mut self, ring: &mut Ring, most: usize, out: &mut Vec<ProcessEvent>) -> usize {
        let boot = Boot::now();
        for taken in 0..most {
            if ring.read(|bytes| self.record(bytes, boot, out)).is_none() {
                return taken;
            }
        }
        most
    }

    /// Takes one record.
    pub(super) fn record(&mut self, bytes: &[u8], boot: Boot, out: &mut Vec<ProcessEvent>) {
        match record::decode(bytes) {
            Ok(Record::Exec(record)) => {
                self.received += 1;
                let event = convert::event(&record, self.received, boot);
                let Header { cpu, sequence, .. } = record.exec.header;
                self.ledger.received(cpu, sequence, record.exec.boot_ns);
                self.assembly.exec(&record.exec, event, record.args, out);
            }
            Ok(Record::Args(head, bytes)) => self.assembly.args(&head, bytes, out),
            Ok(Record::Env(head, bytes)) => self.assembly.env(&head, bytes),
            Ok(Record::Ancestor(record)) => {
                let ancestor = convert::ancestor(&record, boot);
                self.assembly.ancestor(record.ancestor.header, ancestor);
            }
            Err(error) => {
                self.bad_records += 1;
                tracing::warn!(%error, "dropped a record that is not whole");
            }
        }
    }
}
