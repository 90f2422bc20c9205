//! The loop, and the one place that knows every stage: source ▶ event ▶ enrich ▶ rules ▶ exceptions ▶ suppression
//! ▶ alert ▶ sink.

mod deciding;
mod follow;
mod following;
mod found;
mod judging;
mod late;
mod learning;
mod notices;
mod rules;
mod start;
mod triage;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};

use crate::{
    alert::Host,
    config::Config,
    enrich::{Enrichment, Needs, executable::Executables},
    exit::Failure,
    integrity::Files,
    loss::LossReports,
    respond::Responder,
    ruleset::RuleSet,
    signals::{Request, Signals},
    sink::{self, Closed},
    source::kernel::{Balance, KernelSource, Losses, PinsError, SourceError},
    surroundings::Recent,
};
use following::Following;
use found::Found;
use late::Late;
use notices::Keeper;
use rules::{load, watch};
use triage::Triage;

/// How often losses are looked at, and overdue parts of an event given up.
const TICK: Duration = Duration::from_secs(1);
/// How long the sink may take, at the end, for what is in its queue.
const DRAIN: Duration = Duration::from_millis(700);

/// Everything that one event passes through, in this order.
pub struct Pipeline {
    config: Config,
    source: KernelSource,
    enrichment: Enrichment,
    executables: Executables,
    following: Following,
    responder: Responder,
    /// Events of whose executable more will be known.
    late: Late,
    /// Shared, so that its rules can be held while the other stages are at work.
    rules: Arc<RuleSet>,
    triage: Triage,
    recent: Recent,
    host: Host,
    sink: sink::Handle,
    closed: Closed,
    signals: Signals,
    /// What matches and was running already, until it is sure that the kernel does not report it as well.
    found: Found,
    keeper: Keeper,
    files: Files,
    /// The SHA-256 of the program that runs, when it is known.
    program: Option<String>,
    hashing: Option<oneshot::Receiver<Option<String>>>,
    alerts: u64,
    notices: u64,
    updates: u64,
    follow_ups: u64,
    undelivered: u64,
    losses: Losses,
    balance: Balance,
    loss_reports: LossReports,
}

impl Pipeline {
    /// Runs until somebody asks for the end or nobody reads the alerts any more.
    pub async fn run(mut self) -> Result<(), Failure> {
        let mut events = Vec::new();
        self.source.take_backlog(&mut events);
        self.judge_all(&mut events)?;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What was found running is judged when every exec from before it was found has long been reported.
        let mut overdue = 2_u8;
        loop {
            tokio::select! {
                read = self.source.read(&mut events) => read?,
                read = self.following.read() => self.following.or_nobody(read),
                _ = ticks.tick() => {
                    self.source.give_up_overdue(&mut events);
                    self.look()?;
                    self.tick();
                    overdue = overdue.saturating_sub(1);
                }
                findings = self.executables.finished() => self.learn(findings)?,
                () = self.enrichment.answered() => self.learn_circumstances(Duration::ZERO),
                program = program_hash(&mut self.hashing) => self.started(program),
                request = self.signals.next() => match request {
                    Request::End => break,
                    Request::Reload => self.reload()?,
                    Request::Status => self.triage.say(),
                },
                () = self.closed.wait() => break,
            }
            self.judge_all(&mut events)?;
            self.follow();
            if overdue == 0 {
                self.judge_found()?;
            }
        }
        self.source.finish(&mut events)?;
        self.judge_all(&mut events)?;
        self.judge_found()?;
        self.finish()
    }

    /// Reads the rules and the exceptions again. If anything is wrong with the new ones, the old ones stay.
    fn reload(&mut self) -> Result<(), Failure> {
        match load(&self.config) {
            Ok(rules) => {
                self.source.watch(&watch(&rules))?;
                self.enrichment.set_needs(Needs::of(|field| rules.needs(field)));
                self.loss_reports.set_needs(|field| rules.needs(field));
                tracing::info!(rules = rules.rules().len(), "reloaded the rules");
                self.rules = Arc::new(rules);
            }
            Err(failure) => {
                tracing::error!(error = %failure, "kept the old rules, as the new ones cannot be used");
            }
        }
        self.triage.reload(&self.config, &self.rules);
        notices::watch_rules(&mut self.files, &self.rules, self.triage.exceptions());
        Ok(())
    }

    /// Ends the sink and says what came of everything.
    fn finish(mut self) -> Result<(), Failure> {
        if let Some(mut hashing) = self.hashing.take() {
            self.started(hashing.try_recv().ok().flatten());
        }
        self.learn_the_rest(DRAIN)?;
        self.summarise_the_rest();
        self.follow_no_longer();
        self.report_losses()?;
        self.say_the_end();
        let sink = self.sink.finish(DRAIN);
        let Losses { received, .. } = self.losses;
        tracing::info!(
            events = received,
            watched = self.losses.watched(),
            alerts = self.alerts,
            summarised = self.triage.counts.summarised,
            excepted = self.triage.counts.excepted,
            notices = self.notices,
            updates = self.updates,
            follow_ups = self.follow_ups,
            delivered = sink.sent,
            undelivered = sink.lost + sink.errors,
            "ended: {}",
            self.losses
        );
        Ok(())
    }
}

/// Waits for the hash of the program, once.
async fn program_hash(hashing: &mut Option<oneshot::Receiver<Option<String>>>) -> Option<String> {
    let Some(receiver) = hashing else {
        return std::future::pending().await;
    };
    let hash = receiver.await.ok().flatten();
    *hashing = None;
    hash
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotAllowed { .. } => Self::privilege(error),
            SourceError::Offsets(_) | SourceError::Refused { .. } | SourceError::Locked(_) => {
                Self::kernel(error)
            }
            SourceError::Pins(PinsError::Held(_)) | SourceError::Wait(_) => Self::runtime(error),
            SourceError::Pins(_) => Self::config(error),
        }
    }
}
