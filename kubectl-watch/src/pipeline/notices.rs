//! What the daemon says of itself, and when: at the start, at the end, and once a second what was lost or touched.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Pipeline, deciding::new_id};
use crate::{
    alert::{
        Notice, NoticeParts,
        notice::{About, Loss, Sensor, Tampering, Target},
    },
    config::Config,
    exceptionset::ExceptionSet,
    exit::Failure,
    integrity::{self, Files},
    loss::{Look, UNREAD_BUFFERS, UNREAD_BYTES},
    ruleset::RuleSet,
    source::kernel::{Balance, Handover, Part, Touched},
    state::{Earlier, State, StateError},
};

/// The folder with what an earlier watch left: held, wanted, or not to be had.
#[derive(Debug)]
pub(super) enum Keeper {
    Holds(State),
    /// Another daemon has it, and this one follows.
    Waits,
    Nothing,
}

impl Keeper {
    /// Takes the folder. One that was not asked for and cannot be had is done without.
    pub(super) fn begin(config: &Config, boot_id: &str) -> Result<(Self, Option<Earlier>), Failure> {
        match State::begin(config.state_folder(), boot_id) {
            Ok((state, earlier)) => Ok((Self::Holds(state), earlier)),
            Err(error @ StateError::Held(_)) => {
                tracing::info!(%error, "this watch is noted there when the other one has ended");
                Ok((Self::Waits, None))
            }
            Err(error) if config.state.is_some() => Err(Failure::config(error)),
            Err(error) => {
                tracing::debug!(%error, "no state is kept");
                Ok((Self::Nothing, None))
            }
        }
    }

    /// Notes that the watch lasts. Takes the folder as soon as it is free.
    fn tick(&mut self, config: &Config, boot_id: &str) {
        match self {
            Self::Holds(state) => {
                if let Err(error) = state.touch() {
                    tracing::warn!(%error, "cannot note that the watch lasts");
                }
            }
            Self::Waits => {
                if let Ok((state, _)) = State::begin(config.state_folder(), boot_id) {
                    *self = Self::Holds(state);
                }
            }
            Self::Nothing => {}
        }
    }

    fn end(self) {
        if let Self::Holds(state) = self
            && let Err(error) = state.end(Timestamp::now())
        {
            tracing::warn!(%error, "cannot note that the watch was told to end");
        }
    }
}

/// Reads the program that runs on a thread of its own: it can be large.
pub(super) fn hash_program() -> oneshot::Receiver<Option<String>> {
    let (send, receive) = oneshot::channel();
    let hash = || integrity::sha256(Path::new("/proc/self/exe")).ok();
    // Where no thread can be had the receiver learns that there is nobody.
    let _thread = std::thread::Builder::new()
        .name("hash".into())
        .spawn(move || send.send(hash()));
    receive
}

/// The files that should not change while the daemon runs.
pub(super) fn watch_rules(files: &mut Files, rules: &RuleSet, exceptions: &ExceptionSet) {
    files.forget_rules();
    for file in rules.files() {
        if let Some(path) = &file.path {
            files.rules(path.clone(), file.sha256.clone());
        }
    }
    for (path, sha256) in exceptions.files() {
        files.rules(path.clone(), sha256.clone());
    }
}

/// Logs what was taken over from an older daemon.
pub(super) fn say_handover(handover: &Handover) {
    if handover.continued {
        tracing::info!("took over the programs that were pinned, as they run");
    }
    if handover.replaced + handover.broken > 0 {
        tracing::info!(
            sets = handover.replaced,
            broken = handover.broken,
            drained = handover.drained,
            "replaced pinned programs"
        );
    }
    for balance in &handover.balances {
        if balance.holds() {
            tracing::info!("the equation of the replaced programs holds: {balance}");
        } else {
            tracing::error!("the equation of the replaced programs does not hold: {balance}");
        }
    }
    if handover.unread_bytes > 0 {
        tracing::warn!(
            bytes = handover.unread_bytes,
            "the replaced programs left what this version cannot read"
        );
    }
}

/// What an older daemon left and nobody can read any more.
pub(super) fn unread(handover: &Handover, now: Timestamp) -> impl Iterator<Item = Loss> + use<> {
    let counts = [
        (UNREAD_BYTES, handover.unread_bytes),
        (UNREAD_BUFFERS, handover.unread_buffers),
    ];
    let losses = counts.into_iter().filter(|(_, count)| *count > 0);
    losses.map(move |(reason, count)| Loss {
        reason,
        count: count as u64,
        total: count as u64,
        from: now,
        to: now,
        ..Loss::default()
    })
}

fn tampering(touched: Touched) -> Tampering {
    let (target, done) = match touched.part {
        Part::Link => (Target::Link, "it must be started anew"),
        Part::Names => (Target::Names, "they were written again"),
        Part::Pins => (Target::Pins, "the programs run on as long as this daemon does"),
    };
    Tampering {
        target,
        found: touched.found,
        done,
    }
}

impl Pipeline {
    /// Sends a notice.
    pub(super) fn notify(&mut self, about: &About) {
        let created = Timestamp::now();
        let notice = Notice::new(&NoticeParts {
            about,
            host: &self.host,
            id: new_id(created),
            created,
        });
        self.notices += 1;
        self.sink.send(Arc::new(notice.into()));
    }

    /// What runs, by content.
    pub(super) fn sensor(&self) -> Sensor {
        Sensor {
            binary: self.program.clone(),
            config: integrity::sha256_of(format!("{:?}", self.config).as_bytes()),
            rules: self.rules.sha256(),
            rules_count: self.rules.rules().len(),
            sum: None,
        }
    }

    /// Says that the watch has begun, now that it is known what of.
    pub(super) fn started(&mut self, program: Option<String>) {
        if let Some(program) = &program {
            self.files.learn(program);
        }
        self.program = program;
        let sensor = self.sensor();
        self.notify(&About::Start(sensor));
    }

    /// Once a second: what was lost, what was touched.
    pub(super) fn look(&mut self) -> Result<(), Failure> {
        let boot_id = self.boot_id();
        self.keeper.tick(&self.config, &boot_id);
        self.report_losses()?;
        let followers = self.look_after_followed();
        for touched in self.source.check()?.into_iter().chain(followers) {
            self.tampered(tampering(touched));
        }
        for tampering in self.files.check() {
            self.tampered(tampering);
        }
        Ok(())
    }

    pub(super) fn boot_id(&self) -> String {
        self.host
            .boot
            .as_ref()
            .map(|boot| boot.id.clone())
            .unwrap_or_default()
    }

    pub(super) fn tampered(&mut self, tampering: Tampering) {
        tracing::error!(found = tampering.found, done = tampering.done, "tampered with");
        self.notify(&About::Tampering(tampering));
    }

    /// Logs what was lost since it was last looked, and sends a notice of what could have been an alert.
    pub(super) fn report_losses(&mut self) -> Result<(), Failure> {
        let (losses, balance) = self.source.losses_and_balance()?;
        for (reason, number) in losses.since(&self.losses) {
            tracing::warn!(reason, number, "lost something of what was to be watched");
        }
        for hole in self.source.take_holes() {
            tracing::warn!(
                cpu = hole.cpu,
                missing = hole.missing,
                after_ns = hole.after_ns,
                before_ns = hole.before_ns,
                "execs are missing between two that arrived"
            );
        }
        let lost_execs = balance.sum(|terms| terms.lost);
        if lost_execs > self.balance.sum(|terms| terms.lost) {
            tracing::warn!("the equation: {balance}");
        }
        let sink = self.sink.totals();
        let undelivered = sink.lost + sink.errors;
        if undelivered > self.undelivered {
            tracing::warn!(
                number = undelivered - self.undelivered,
                "could not deliver alerts"
            );
        }
        let lost = self.loss_reports.look(&Look {
            now: Timestamp::now(),
            losses: &losses,
            balance: &balance,
            last: &self.source.last_lost()?,
            undelivered,
        });
        for loss in lost {
            self.notify(&About::Loss(loss));
        }
        self.report_stolen(&balance);
        self.source.keep_told(&losses)?;
        self.losses = losses;
        self.balance = balance;
        self.undelivered = undelivered;
        Ok(())
    }

    /// Records that the kernel sent and that did not come, or came twice, went through somebody's hands.
    fn report_stolen(&mut self, balance: &Balance) {
        let odd = |balance: &Balance| balance.unaccounted() + balance.disorder();
        if odd(balance) > odd(&self.balance) {
            self.tampered(Tampering {
                target: Target::Records,
                found: format!(
                    "{} execs did not come out of the buffer though the kernel sent them, {} came out of order: {balance}",
                    balance.unaccounted(),
                    balance.disorder()
                ),
                done: "they are counted as unaccounted for",
            });
        }
    }

    /// The last words.
    pub(super) fn say_the_end(&mut self) {
        let balance = &self.balance;
        let sum = if self.source.is_pinned() {
            tracing::info!("the programs stay, and the equation goes on: {balance}");
            format!(
                "the programs stay, and the equation goes on: {balance}; {}",
                self.losses
            )
        } else if balance.holds() {
            tracing::info!("the equation holds: {balance}");
            format!("the equation holds: {balance}; {}", self.losses)
        } else {
            tracing::error!(
                unaccounted = balance.unaccounted().max(1),
                "the equation does not hold: {balance}"
            );
            format!("the equation does not hold: {balance}; {}", self.losses)
        };
        let sensor = Sensor {
            sum: Some(format!("{sum}; {}", self.triage.sum())),
            ..self.sensor()
        };
        self.notify(&About::Stop(sensor));
        std::mem::replace(&mut self.keeper, Keeper::Nothing).end();
    }
}
