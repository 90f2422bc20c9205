//! What a notice says in words: its name, which stays the same, and the sentence on this one.

use std::fmt::Write as _;

use super::{About, Loss, Since, Target, WatchGap};
use crate::alert::document::time;
use crate::alert::text::Text;

/// The fixed words of one kind of notice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// `event.action`
    pub(super) action: &'static str,
    /// `message`, and `rule.name` where it is as grave as an alert.
    pub(super) name: &'static str,
    /// `rule.description`
    pub(super) description: &'static str,
    /// `event.category` and `event.type`
    pub(super) class: (&'static str, &'static str),
}

pub(super) const fn words(about: &About) -> Words {
    let (action, name, description, class) = match about {
        About::Loss(_) => (
            "events-lost",
            "kubectl-watch lost events",
            "Something that was to be watched did not arrive whole. Whatever it was could have been an alert.",
            ("host", "info"),
        ),
        About::Gap(_) => (
            "watch-gap",
            "kubectl-watch did not watch",
            "There was a time in which no kubectl-watch watched this node. What ran and ended in it was not seen.",
            ("host", "info"),
        ),
        About::Start(_) => ("watch-start", "kubectl-watch started", "", ("host", "start")),
        About::Stop(_) => ("watch-stop", "kubectl-watch stopped", "", ("host", "end")),
        About::Tampering(_) => (
            "tampering",
            "kubectl-watch was tampered with",
            "A part of kubectl-watch is not as it left it.",
            ("intrusion_detection", "info"),
        ),
    };
    Words {
        action,
        name,
        description,
        class,
    }
}

/// One sentence on this notice.
pub(super) fn reason(about: &About) -> String {
    match about {
        About::Loss(loss) => lost(loss),
        About::Gap(gap) => gap_in_words(gap),
        About::Start(sensor) => {
            let rules = match sensor.rules_count {
                1 => "1 rule".to_owned(),
                count => format!("{count} rules"),
            };
            format!("kubectl-watch {} watches by {rules}", env!("CARGO_PKG_VERSION"))
        }
        About::Stop(sensor) => format!(
            "kubectl-watch {} was told to end; {}",
            env!("CARGO_PKG_VERSION"),
            sensor.sum.as_deref().unwrap_or("its sum is not known")
        ),
        About::Tampering(tampering) => {
            format!(
                "{}: {}; {}",
                target(tampering.target),
                tampering.found,
                tampering.done
            )
        }
    }
}

fn lost(loss: &Loss) -> String {
    let mut said = format!("{}: {}", what(loss.reason), loss.count);
    if let [first, rest @ ..] = &loss.cpus[..] {
        let _ = write!(said, ", on cpu {first}");
        for cpu in rest {
            let _ = write!(said, ", {cpu}");
        }
    }
    let _ = write!(said, ", between {} and {}", time(loss.from), time(loss.to));
    if let Some(process) = &loss.process {
        let name = Text::known(&process.name).map(|name| format!(" ({})", name.shown()));
        let _ = write!(
            said,
            "; the last was pid {}{}",
            process.pid,
            name.unwrap_or_default()
        );
    }
    said.push_str("; each of them could have been an alert");
    said
}

/// What became of what a counter counts.
fn what(reason: &str) -> &'static str {
    match reason {
        "lost_execs" => "execs of watched names found the buffer full and are lost",
        "missed_execs" => "execs could not be shown to the program in the kernel",
        "lost_args" => "parts of arguments found the buffer full and are lost",
        "unreadable_args" => "execs had arguments that could not be read",
        "cut_args" => "execs had more arguments than are kept",
        "cut_paths" => "execs had a path longer than is kept",
        "bad_records" => "records were not whole",
        "partial_execs" => "execs of which something did not arrive matched no rule by what did",
        "unread_executables" => "execs of files that could not be read matched no rule without",
        "undelivered" => "alerts could not be delivered",
        "unread_bytes" => "bytes of records were left by another version and cannot be read",
        "unread_buffers" => "buffers were left by another daemon and cannot be opened",
        _ => "events are lost",
    }
}

fn gap_in_words(gap: &WatchGap) -> String {
    let (from, to) = (time(gap.from), time(gap.to));
    match gap.since {
        Since::Boot => format!(
            "not watching from the boot of the node at {from} to {to}; nothing is known of a watch before"
        ),
        Since::Stopped => format!("not watching from {from}, when kubectl-watch was told to end, to {to}"),
        Since::Broken => {
            format!("not watching from {from} to {to}: kubectl-watch ended without being told to")
        }
        Since::Rebooted { told: true } => {
            format!(
                "not watching from {from}, when kubectl-watch was told to end, across a boot of the node, to {to}"
            )
        }
        Since::Rebooted { told: false } => {
            format!(
                "not watching from {from}, when kubectl-watch was last seen, across a boot of the node, to {to}"
            )
        }
    }
}

const fn target(target: Target) -> &'static str {
    match target {
        Target::Link => "a program in the kernel is not attached any more",
        Target::Names => "the names to watch were changed in the kernel",
        Target::Records => "what the kernel sent does not add up",
        Target::Pins => "the pinned programs are not there any more",
        Target::Binary => "the program file was replaced",
        Target::Rules => "a rule file was changed",
    }
}

/// The word for what was touched.
pub(super) const fn target_name(target: Target) -> &'static str {
    match target {
        Target::Link => "link",
        Target::Names => "names",
        Target::Records => "records",
        Target::Pins => "pins",
        Target::Binary => "binary",
        Target::Rules => "rules",
    }
}
