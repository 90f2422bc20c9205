//! What became of the kubectl of the first sample.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Sample;
use crate::alert::{FollowUp, FollowUpParts};
use crate::event::follow_up::{self, Closing, Deed, Destination, Exit, Numbers, What};
use crate::kubectl::Endpoint;

/// It connects, and so does a child of it; then it ends.
pub(crate) fn ended() -> FollowUp {
    let sample = Sample::new();
    let (pid, began) = (sample.event.process.pid, sample.event.time);
    let mut did = follow_up::FollowUp::new(pid, Some(at(began, 1)));
    note(
        &mut did,
        pid,
        at(began, 30),
        What::Connecting(1, to("127.0.0.1", 6443)),
    );
    note(&mut did, 0, at(began, 31), What::Answered(1, Ok(())));
    note(
        &mut did,
        pid + 1,
        at(began, 40),
        What::Connecting(2, to("2001:db8::7", 443)),
    );
    note(&mut did, 0, at(began, 41), What::Answered(2, Err(111)));
    note(&mut did, pid, at(began, 1512), What::Ended(Exit::Code(1)));
    did.numbers = Numbers {
        forked: 1,
        connections: 5,
        untold: 2,
        lost: 1,
        ..Numbers::default()
    };
    document(&sample, &did, Closing::AllEnded)
}

/// It is killed.
pub(crate) fn killed() -> FollowUp {
    let sample = Sample::new();
    let (pid, began) = (sample.event.process.pid, sample.event.time);
    let mut did = follow_up::FollowUp::new(pid, Some(at(began, 1)));
    let exit = Exit::Signal {
        number: 9,
        dumped: false,
    };
    note(&mut did, pid, at(began, 2), What::Ended(exit));
    document(&sample, &did, Closing::AllEnded)
}

/// It had ended before.
pub(crate) fn missed() -> FollowUp {
    let sample = Sample::new();
    let did = follow_up::FollowUp::new(sample.event.process.pid, None);
    document(&sample, &did, Closing::AllEnded)
}

fn document(sample: &Sample, did: &follow_up::FollowUp, closing: Closing) -> FollowUp {
    FollowUp::new(&FollowUpParts {
        alert: "01970000-0000-7000-8000-000000000001",
        rule: ("3c6685eb", "Potential Impersonation Attempt via Kubectl"),
        event: &sample.event,
        api_server: Endpoint::of(b"https://127.0.0.1:6443").as_ref(),
        did,
        closing,
        host: &sample.host,
        id: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0003),
        created: at(sample.event.time, 2000),
    })
}

fn note(did: &mut follow_up::FollowUp, pid: u32, time: Timestamp, what: What) {
    did.note(Deed {
        follow_up: 1,
        time,
        pid,
        comm: b"kubectl\x1b".to_vec(),
        what,
    });
}

fn to(address: &str, port: u16) -> Destination {
    Destination {
        address: address.parse::<IpAddr>().expect("an address"),
        port,
        protocol: 6,
    }
}

fn at(began: Timestamp, milliseconds: i64) -> Timestamp {
    began + SignedDuration::from_millis(milliseconds)
}
