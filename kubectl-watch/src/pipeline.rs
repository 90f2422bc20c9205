//! The loop, and the one place that knows every stage: source ▶ event ▶ enrich ▶ rules ▶ exceptions ▶ suppression
//! ▶ alert ▶ sink.

mod deciding;
mod follow;
mod following;
mod judging;
mod late;
mod learning;
mod notices;
mod rules;
mod triage;

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};

use crate::{
    alert::{Host, notice::About},
    config::Config,
    confine::{Keep, confine},
    enrich::{self, Enrichment, Needs, executable::Executables},
    event::ProcessEvent,
    exit::Failure,
    integrity::Files,
    loss::LossReports,
    respond::Responder,
    ruleset::RuleSet,
    signals::{Request, Signals},
    sink::{self, Closed},
    source::{
        kernel::{self, Balance, KernelSource, Losses, PinsError, SourceError, Watch},
        running,
    },
    state,
    surroundings::Recent,
};
use following::Following;
use late::Late;
use notices::Keeper;
use rules::{load, watch};
use triage::Triage;

/// How often losses are looked at, and overdue parts of an event given up.
const TICK: Duration = Duration::from_secs(1);
/// How long the sink may take, at the end, for what is in its queue.
const DRAIN: Duration = Duration::from_millis(700);
/// Alerts that wait for a slow reader.
const QUEUE: usize = 1024;

/// Processes found running that wait to be judged, and bytes of their arguments; more are judged at once, and may be
/// reported by the kernel too.
const MAX_FOUND: usize = 4096;
const MAX_FOUND_BYTES: usize = 8 * 1024 * 1024;

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
    found: Vec<ProcessEvent>,
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
    /// Puts the stages together and begins to watch. Must be called in a tokio runtime.
    pub fn start(config: Config) -> Result<Self, Failure> {
        let signals = Signals::listen().map_err(Failure::runtime)?;
        let rules = load(&config)?;
        let triage = Triage::start(&config, &rules)?;
        let mut enrichment = Enrichment::new(config.host_root.as_deref()).map_err(|error| {
            let path = config.host_root.as_deref().unwrap_or(Path::new("/"));
            Failure::config(anyhow::anyhow!(
                "cannot open the node's root, {}: {error}",
                path.display()
            ))
        })?;
        enrichment.set_needs(Needs::of(|field| rules.needs(field)));
        if enrichment.root().is_own() && config.node_name.is_some() {
            tracing::warn!(
                "the node's root is not to be seen, so users have no names; `kubectl-watch doctor` says more"
            );
        }
        let mut host = enrich::host::read(enrichment.root(), config.node_name.as_deref());
        host.labels.clone_from(&config.labels);
        let triage = triage.on(&host);
        let boot_id = host.boot.as_ref().map_or("", |boot| &boot.id);
        let (keeper, earlier) = Keeper::begin(&config, boot_id)?;
        let waits = matches!(keeper, Keeper::Waits);
        let mut source = KernelSource::open(&config.source)?;
        let watch = watch(&rules);
        source.watch(&watch)?;
        let handover = source.attach()?;
        let attached = Timestamp::now();
        let follower = follow::follower(&mut source);
        let responder = Responder::new(&config.respond);
        let keep = Keep {
            attach: follower.is_some(),
            signal: config.respond.strongest(),
        };
        // Before any thread is started: what it gives up, they never have.
        confine(|| source.losses().is_ok(), keep).log();
        let executables = Executables::new(enrichment.root()).map_err(Failure::runtime)?;
        let has_state = matches!(keeper, Keeper::Holds(_));
        let (sink, closed) = sink::spawn(config.sink(has_state), QUEUE).map_err(Failure::runtime)?;
        notices::say_handover(&handover);
        let told = source.told()?;
        let booted = kernel::booted();
        let gap = state::gap(earlier.as_ref(), boot_id, booted, attached)
            .filter(|_| !waits && !handover.is_gapless());
        tracing::info!(
            rules = rules.rules().len(),
            version = env!("CARGO_PKG_VERSION"),
            "watching"
        );
        let mut files = Files::default();
        files.program();
        notices::watch_rules(&mut files, &rules, triage.exceptions());
        let mut this = Self {
            found: Vec::new(),
            keeper,
            files,
            program: None,
            hashing: Some(notices::hash_program()),
            notices: 0,
            updates: 0,
            follow_ups: 0,
            following: Following::new(follower, config.follow_for),
            responder,
            loss_reports: LossReports::new(attached, told, Balance::default()),
            balance: Balance::default(),
            config,
            source,
            enrichment,
            executables,
            late: Late::default(),
            rules: Arc::new(rules),
            triage,
            recent: Recent::default(),
            host,
            sink,
            closed,
            signals,
            alerts: 0,
            undelivered: 0,
            losses: told,
        };
        this.loss_reports.set_needs(|field| this.rules.needs(field));
        if let Some(gap) = gap {
            this.notify(&About::Gap(gap));
        }
        for loss in notices::unread(&handover, attached) {
            this.notify(&About::Loss(loss));
        }
        if handover.is_gapless() {
            return Ok(this);
        }
        this.find_running(&watch, booted)?;
        Ok(this)
    }

    /// Finds what matches and was running already; it is judged later, as far as there is room.
    fn find_running(&mut self, watch: &Watch, booted: Timestamp) -> Result<(), Failure> {
        let mut found_bytes = 0;
        for mut event in running::scan(watch, booted) {
            self.enrichment.before_rules(&mut event);
            if !self.may_match(&event) {
                continue;
            }
            let bytes = found_bytes + event.process.args.command_line().len();
            if self.found.len() < MAX_FOUND && bytes <= MAX_FOUND_BYTES {
                found_bytes = bytes;
                self.found.push(event);
            } else {
                self.judge(event)?;
            }
        }
        Ok(())
    }

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

    /// What was running already, and whose exec nobody has reported.
    fn judge_found(&mut self) -> Result<(), Failure> {
        let found = std::mem::take(&mut self.found);
        found.into_iter().try_for_each(|event| self.judge(event))
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
