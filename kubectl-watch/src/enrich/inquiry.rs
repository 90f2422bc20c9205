//! What takes a look at files and only an alert needs, or a rule that names it: the kubeconfig and the preferences, the names of the pod,
//! from where somebody came, and the script.
//!
//! Only what holds the process in place is done at once: its root is opened, its working folder named. All files are
//! read in a [`Pool`], because any of them may be one that never answers. The loop waits for it a little, and what
//! comes later goes out as an update.

mod kubeconfig;
mod kuberc;
mod pod;
mod pool;
mod script;
pub(super) mod ssh;
mod view;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::executable::Ticket;
use super::root::HostRoot;
use crate::credential::{Kubeconfig, Kuberc};
use crate::event::{Circumstances, Gap, PodNames, ProcessEvent, Script, Source, Unknown};
use pool::{Pool, Reply, Work};

/// Inquiries that are begun in a second, for alerts, and as many for what may yet be one: a storm of harmless execs takes
/// nothing from an alert. More than this are a storm, in which the loop has to keep up with the kernel: what is not asked
/// then is said to be missing.
const MOST_A_SECOND: u32 = 200;

/// Everything that is asked.
#[derive(Debug)]
pub(super) struct Inquiries {
    root: Arc<HostRoot>,
    pool: Pool<Question>,
    /// When the second began, and what was begun in it, for what may yet be an alert and for alerts.
    second: Instant,
    begun: [u32; 2],
}

/// What is asked about one process. Nothing in it can turn into another process's.
#[derive(Debug)]
struct Question {
    kubeconfig: Option<kubeconfig::Question>,
    kuberc: Option<kuberc::Question>,
    ssh: ssh::Question,
    pod: Option<pod::Question>,
    script: Option<script::Question>,
}

/// What is to be asked about one process.
#[derive(Debug)]
pub struct Inquiry(Question);

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    kubeconfig: Option<Kubeconfig>,
    kuberc: Option<Kuberc>,
    source: Result<Option<Source>, Unknown>,
    pod: Result<Option<PodNames>, Unknown>,
    script: Option<Script>,
}

impl Inquiries {
    /// No thread is started before there is something to ask.
    pub(super) fn new(root: Arc<HostRoot>) -> Self {
        Self {
            root,
            pool: Pool::default(),
            second: Instant::now(),
            begun: [0; 2],
        }
    }

    /// Whether one more may be begun, for an alert or for what may yet be one.
    fn begins(&mut self, is_alert: bool) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.begun) = (Instant::now(), [0; 2]);
        }
        let begun = &mut self.begun[usize::from(is_alert)];
        *begun += 1;
        *begun <= MOST_A_SECOND
    }

    /// Takes hold of what there is to ask about an event, so that it can be asked whatever becomes of the process. Until
    /// then it is missing. None where nobody need be asked.
    pub(super) fn hold(&self, event: &mut ProcessEvent) -> Option<Inquiry> {
        let kubeconfig = kubeconfig::Question::of(event);
        let question = Question {
            kuberc: kubeconfig
                .as_ref()
                .and_then(|it| kuberc::Question::of(event, it.view())),
            kubeconfig,
            ssh: ssh::Question::of(event),
            pod: pod::Question::of(event, &self.root),
            script: script::Question::of(event),
        };
        if question.is_empty() {
            return None;
        }
        if question.asks_nobody() {
            question.run().tell(event);
            return None;
        }
        question.unanswered()(Unknown::Slow).tell(event);
        Some(Inquiry(question))
    }

    /// Asks, and says what is known in time, if it waits, as it does for an alert: otherwise nobody waits. A ticket where that is not all.
    pub(super) fn ask(
        &mut self,
        Inquiry(question): Inquiry,
        event: &mut ProcessEvent,
        waits: bool,
    ) -> Option<Ticket> {
        let unknown = question.unanswered();
        if !self.begins(waits) {
            unknown(Unknown::Busy).tell(event);
            return None;
        }
        match self.pool.ask(question, waits) {
            Reply::Done(answer) => {
                answer.tell(event);
                None
            }
            Reply::Later(ticket) => Some(ticket),
            Reply::Refused => {
                unknown(Unknown::Busy).tell(event);
                None
            }
        }
    }

    /// Waits until something is known that was not in time. Loses nothing when it is dropped while it waits.
    pub(super) async fn answered(&self) {
        self.pool.wait().await;
    }

    /// What is known by now, or by the time that nothing is under way any more, if that is within the time given.
    pub(super) fn answers(&mut self, patience: Duration) -> Vec<(Ticket, Answer)> {
        self.pool.take(patience)
    }
}

impl Question {
    fn is_empty(&self) -> bool {
        self.kubeconfig.is_none() && self.ssh.is_empty() && self.pod.is_none() && self.script.is_none()
    }

    /// Whether the answer is known without a look at any file: the process has ended, and nothing else is asked.
    fn asks_nobody(&self) -> bool {
        let needs_files = self
            .kubeconfig
            .as_ref()
            .is_some_and(kubeconfig::Question::needs_files)
            || self.script.as_ref().is_some_and(script::Question::needs_files);
        !needs_files && self.ssh.servers.is_empty() && self.pod.is_none()
    }

    /// What is said as long as nobody has answered.
    fn unanswered(&self) -> impl Fn(Unknown) -> Answer + use<> {
        let (has_kubeconfig, has_kuberc, has_ssh, has_pod) = (
            self.kubeconfig.is_some(),
            self.kuberc.is_some(),
            !self.ssh.servers.is_empty(),
            self.pod.is_some(),
        );
        let told = self.ssh.told();
        let script = self
            .script
            .as_ref()
            .map(|script| script.unanswered(Unknown::Slow));
        move |why| Answer {
            kubeconfig: has_kubeconfig.then(|| Kubeconfig {
                unknown: Some(why),
                ..Kubeconfig::default()
            }),
            kuberc: has_kuberc.then(|| Kuberc {
                unknown: Some(why),
                ..Kuberc::default()
            }),
            source: if has_ssh { Err(why) } else { Ok(told.clone()) },
            pod: if has_pod { Err(why) } else { Ok(None) },
            script: script.clone().map(|script| script.unless_known(why)),
        }
    }
}

impl Work for Question {
    type Answer = Answer;

    fn run(&self) -> Answer {
        Answer {
            kubeconfig: self.kubeconfig.as_ref().and_then(kubeconfig::Question::answer),
            kuberc: self.kuberc.as_ref().and_then(kuberc::Question::answer),
            source: self.ssh.answer(),
            pod: self.pod.as_ref().map_or(Ok(None), pod::Question::answer),
            script: self.script.as_ref().map(script::Question::answer),
        }
    }
}

impl Answer {
    /// Says it in the event, with what is missing.
    pub(super) fn tell(self, event: &mut ProcessEvent) {
        let gaps = [
            (
                Gap::Kubeconfig,
                self.kubeconfig.as_ref().is_some_and(|it| it.unknown.is_some()),
            ),
            (
                Gap::Kuberc,
                self.kuberc.as_ref().is_some_and(|it| it.unknown.is_some()),
            ),
            (Gap::Source, self.source.is_err()),
            (Gap::Pod, self.pod.is_err()),
            (Gap::Script, self.script.as_ref().is_some_and(Script::is_gap)),
        ];
        for (gap, is_missing) in gaps {
            event.gaps.retain(|it| *it != gap);
            event.gaps.extend(is_missing.then_some(gap));
        }
        // What the environment says is better than nothing, and marked.
        let source = self.source.unwrap_or_else(|_| ssh::told(event));
        event.circumstances = Circumstances {
            kubeconfig: self.kubeconfig.map(Box::new),
            kuberc: self.kuberc.map(Box::new),
            source,
            pod: self.pod.unwrap_or_default(),
            script: self.script.map(Box::new),
            groups: std::mem::take(&mut event.circumstances.groups),
        };
    }
}
