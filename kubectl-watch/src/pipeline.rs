//! The loop, and the one place that knows every stage: source ▶ event ▶ enrich ▶ rules ▶ alert ▶ sink.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};
use uuid::{NoContext, Uuid};

use crate::{
    alert::{Alert, AlertParts, Host},
    config::Config,
    enrich::{self, Enrichment, Needs},
    event::ProcessEvent,
    exit::Failure,
    rule::Rule,
    ruleset::{self, RuleSet},
    signals::{Request, Signals},
    sink::{self, Closed},
    source::kernel::{KernelSource, Losses, SourceError, Watch},
};

/// How often losses are looked at, and overdue parts of an event given up.
const TICK: Duration = Duration::from_secs(1);
/// How long the sink may take, at the end, for what is in its queue.
const DRAIN: Duration = Duration::from_millis(700);
/// Alerts that wait for a slow reader.
const QUEUE: usize = 1024;

/// Everything that one event passes through, in this order.
pub struct Pipeline {
    config: Config,
    source: KernelSource,
    enrichment: Enrichment,
    rules: RuleSet,
    host: Host,
    sink: sink::Handle,
    closed: Closed,
    signals: Signals,
    alerts: u64,
    undelivered: u64,
    losses: Losses,
}

impl Pipeline {
    /// Puts the stages together and begins to watch. Must be called in a tokio runtime.
    pub fn start(config: Config) -> Result<Self, Failure> {
        let signals = Signals::listen().map_err(Failure::runtime)?;
        let rules = load(&config)?;
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
        let host = enrich::host::read(enrichment.root(), config.node_name.as_deref());
        let mut source = KernelSource::open(&config.source)?;
        source.watch(&watch(&rules))?;
        let (sink, closed) = sink::spawn(config.sink(), QUEUE).map_err(Failure::runtime)?;
        source.attach()?;
        tracing::info!(
            rules = rules.rules().len(),
            version = env!("CARGO_PKG_VERSION"),
            "watching"
        );
        Ok(Self {
            config,
            source,
            enrichment,
            rules,
            host,
            sink,
            closed,
            signals,
            alerts: 0,
            undelivered: 0,
            losses: Losses::default(),
        })
    }

    /// Runs until somebody asks for the end or nobody reads the alerts any more.
    pub async fn run(mut self) -> Result<(), Failure> {
        let mut events = Vec::new();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                read = self.source.read(&mut events) => read?,
                _ = ticks.tick() => {
                    self.source.give_up_overdue(&mut events);
                    self.report_losses()?;
                }
                request = self.signals.next() => match request {
                    Request::End => break,
                    Request::Reload => self.reload()?,
                },
                () = self.closed.wait() => break,
            }
            self.judge_all(&mut events);
        }
        self.source.finish(&mut events)?;
        self.judge_all(&mut events);
        self.finish()
    }

    fn judge_all(&mut self, events: &mut Vec<ProcessEvent>) {
        for event in events.drain(..) {
            self.judge(event);
        }
    }

    /// One event: what do the rules say, and who hears of it?
    fn judge(&mut self, mut event: ProcessEvent) {
        self.enrichment.before_rules(&mut event);
        let matching: Vec<&Rule> = self.rules.matching(&event).collect();
        if matching.is_empty() {
            return;
        }
        self.enrichment.for_alert(&mut event);
        for rule in matching {
            let alert = alert(rule, &event, &self.host);
            tracing::debug!(id = alert.id(), rule = alert.rule_name(), "alert");
            self.alerts += 1;
            self.sink.send(Arc::new(alert));
        }
    }

    /// Reads the rules again. If anything is wrong with the new ones, the old ones stay.
    fn reload(&mut self) -> Result<(), Failure> {
        match load(&self.config) {
            Ok(rules) => {
                self.source.watch(&watch(&rules))?;
                self.enrichment.set_needs(Needs::of(|field| rules.needs(field)));
                tracing::info!(rules = rules.rules().len(), "reloaded the rules");
                self.rules = rules;
            }
            Err(failure) => {
                tracing::error!(error = %failure, "kept the old rules, as the new ones cannot be used");
            }
        }
        Ok(())
    }

    /// Logs what was lost since it was last looked.
    fn report_losses(&mut self) -> Result<(), Failure> {
        let losses = self.source.losses()?;
        for (reason, number) in losses.since(&self.losses) {
            tracing::warn!(reason, number, "lost something of what was to be watched");
        }
        self.losses = losses;
        let sink = self.sink.totals();
        let undelivered = sink.lost + sink.errors;
        if undelivered > self.undelivered {
            tracing::warn!(
                number = undelivered - self.undelivered,
                "could not deliver alerts"
            );
        }
        self.undelivered = undelivered;
        Ok(())
    }

    /// Ends the sink and says what came of everything.
    fn finish(mut self) -> Result<(), Failure> {
        self.report_losses()?;
        let sink = self.sink.finish(DRAIN);
        let Losses { received, .. } = self.losses;
        tracing::info!(
            events = received,
            watched = self.losses.watched(),
            alerts = self.alerts,
            delivered = sink.sent,
            undelivered = sink.lost + sink.errors,
            "ended: {}",
            self.losses
        );
        Ok(())
    }
}

fn alert(rule: &Rule, event: &ProcessEvent, host: &Host) -> Alert {
    let reasons = rule.query.reasons(event);
    let matched: Vec<(&str, &[u8])> = reasons.iter().map(|it| (it.field, &it.value[..])).collect();
    let created = Timestamp::now();
    let seconds = u64::try_from(created.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(created.subsec_nanosecond()).unwrap_or_default();
    let id = Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds));
    Alert::new(&AlertParts {
        rule: &rule.metadata,
        event,
        host,
        matched: &matched,
        id,
        created,
    })
}

/// Reads the rules, and says which of them are not used and what looks like a mistake.
fn load(config: &Config) -> Result<RuleSet, Failure> {
    let rules = RuleSet::load(&config.rules, config.rules.is_empty()).map_err(Failure::config)?;
    for skipped in rules.skipped() {
        tracing::info!("{skipped}");
    }
    for warning in rules.warnings() {
        tracing::warn!("{warning}");
    }
    let (skipped, warnings) = (rules.skipped().len(), rules.warnings().len());
    if config.strict && skipped + warnings > 0 {
        let error = anyhow::anyhow!(
            "{skipped} rules cannot run here and {warnings} have warnings, and --strict is given"
        );
        return Err(Failure::config(error));
    }
    if rules.rules().is_empty() {
        return Err(Failure::config(anyhow::anyhow!("there is no rule to run")));
    }
    if skipped > 0 {
        tracing::warn!(
            skipped,
            "some rules cannot run here; `kubectl-watch check` says why"
        );
    }
    Ok(rules)
}

/// What the kernel must send for these rules.
fn watch(rules: &RuleSet) -> Watch {
    match rules.watch() {
        ruleset::Watch::Names(names) => Watch::Names(names.into_iter().collect()),
        ruleset::Watch::All { because } => {
            tracing::warn!(
                ?because,
                "every exec is watched, because these rules can be about any name"
            );
            Watch::All
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotAllowed { .. } => Self::privilege(error),
            SourceError::Offsets(_) | SourceError::Refused { .. } => Self::kernel(error),
            SourceError::Wait(_) => Self::runtime(error),
        }
    }
}
