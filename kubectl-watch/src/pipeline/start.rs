//! The start: the stages are put together, and the watch begins.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

use super::{
    Pipeline, follow,
    following::Following,
    found::Found,
    late::Late,
    notices::{self, Keeper},
    rules::{load, watch},
    triage::Triage,
};
use crate::{
    alert::notice::About,
    config::Config,
    confine::{Keep, confine},
    enrich::{self, Enrichment, Needs, executable::Executables},
    exit::Failure,
    integrity::Files,
    loss::LossReports,
    memory,
    respond::Responder,
    signals::Signals,
    sink,
    source::kernel::{self, Balance, KernelSource},
    state,
    surroundings::Recent,
};

/// Alerts that wait for a slow reader.
const QUEUE: usize = 1024;

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
        memory::give_back();
        tracing::info!(
            rules = rules.rules().len(),
            version = env!("CARGO_PKG_VERSION"),
            "watching"
        );
        let mut files = Files::default();
        files.program();
        notices::watch_rules(&mut files, &rules, triage.exceptions());
        let mut this = Self {
            found: Found::default(),
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
        if !handover.is_gapless() {
            this.find_running(&watch, booted)?;
            memory::give_back();
        }
        Ok(this)
    }
}
