//! What the sensor says of itself: what it lost, when it did not watch, who meddled with it, that it began and
//! ended. In goes what was noticed, out comes an ECS document that receivers treat like an alert's.
//!
//! Pure like the alert: who makes one says when and under which id.

mod document;
#[cfg(test)]
mod tests;
mod wording;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Host, json};
use crate::event;
use crate::rule::Severity;
pub(crate) use document::NoticeDocument;

/// What a notice is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// Something of what was to be watched is lost.
    Loss(Loss),
    /// There was a time without a watch.
    Gap(WatchGap),
    /// The watch begins.
    Start(Sensor),
    /// The watch ends.
    Stop(Sensor),
    /// Somebody meddles with the sensor.
    Tampering(Tampering),
}

/// Something that was to be watched, and of which nobody can say that it was no alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loss {
    /// The name of the counter.
    pub reason: &'static str,
    /// How many in this time.
    pub count: u64,
    /// How many since the watch began.
    pub total: u64,
    /// None was lost before.
    pub from: Timestamp,
    /// None of them was lost after.
    pub to: Timestamp,
    /// On which CPUs, where that is known.
    pub cpus: Vec<u32>,
    /// The last of them, as far as it is known.
    pub process: Option<event::Process>,
    /// `watched = received + lost`, where execs are lost.
    pub equation: Option<String>,
}

/// A time in which nobody watched this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchGap {
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// What is known of its beginning.
    pub since: Since,
}

/// How a time without a watch began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// The node booted, and nothing is known of an earlier watch.
    #[default]
    Boot,
    /// An earlier watch was told to end.
    Stopped,
    /// An earlier watch ended without being told to; this is when it was last seen.
    Broken,
    /// An earlier watch ended with the node, which booted since.
    Rebooted {
        /// Whether it was told to end.
        told: bool,
    },
}

/// What runs, by content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sensor {
    /// SHA-256 of the program.
    pub binary: Option<String>,
    /// SHA-256 of what it was told to do.
    pub config: String,
    /// SHA-256 of the rules in use.
    pub rules: String,
    /// How many rules that are.
    pub rules_count: usize,
    /// The sum of it all, at the end.
    pub sum: Option<String>,
}

/// A sign that somebody meddles with the sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tampering {
    /// What was touched.
    pub target: Target,
    /// What was found, in words.
    pub found: String,
    /// What was done about it, in words.
    pub done: &'static str,
}

/// What can be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A program in the kernel is not attached any more.
    Link,
    /// The map that says which names are watched.
    Names,
    /// The records, or the numbers that prove them.
    Records,
    /// The files that keep the programs in the kernel.
    Pins,
    /// The file of the daemon's program.
    Binary,
    /// A file of rules.
    Rules,
}

/// What a notice is made from.
#[derive(Clone, Copy, Debug)]
pub struct NoticeParts<'a> {
    /// What it says.
    pub about: &'a About,
    /// Where.
    pub host: &'a Host,
    /// Names the notice for ever.
    pub id: Uuid,
    /// When it was made.
    pub created: Timestamp,
}

/// One notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How bad it is; none where it is a matter of course.
    pub severity: Option<Severity>,
    /// The ECS document.
    pub(crate) document: NoticeDocument,
}

impl Notice {
    /// Makes a notice.
    #[must_use]
    pub fn new(parts: &NoticeParts<'_>) -> Self {
        Self {
            severity: parts.about.severity(),
            document: NoticeDocument::new(parts),
        }
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.document.id()
    }

    /// The ECS document as one line of JSON, ended by a newline.
    #[must_use]
    pub fn to_json_line(&self) -> Vec<u8> {
        json::line(&self.document)
    }
}

impl About {
    /// How bad it is; none where it is a matter of course.
    pub const fn severity(&self) -> Option<Severity> {
        match self {
            Self::Loss(_) => Some(Severity::High),
            Self::Gap(gap) => match gap.since {
                Since::Broken => Some(Severity::Medium),
                Since::Boot | Since::Stopped | Since::Rebooted { .. } => None,
            },
            Self::Start(_) | Self::Stop(_) => None,
            Self::Tampering(tampering) => Some(match tampering.target {
                Target::Link | Target::Names | Target::Records | Target::Pins => Severity::Critical,
                Target::Binary | Target::Rules => Severity::Medium,
            }),
        }
    }
}
