//! The programs and maps: loaded anew, or taken over as they run.

use std::{
    cell::OnceCell,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
};

use aya::{
    Btf, Ebpf, EbpfLoader, Endianness, VerifierLogLevel,
    maps::{Array, HashMap, Map, MapError},
    programs::{BtfTracePoint, ProgramError, links::FdLink},
};
use kubectl_watch_ebpf::{
    ABSENT, AYA_LOG_LEVEL, CAST_TYPE, COUNTERS, EVENTS, EXEC, EXEC_BY_LIST, FORK, JUDGED, LAST_LOST,
    MAX_VARIABLES, OFFSETS, Offsets, Program, SIEVE, USER_TEXTS, VARIABLES, Variable, WATCHED_NAMES,
};
use zerocopy::IntoBytes;

use super::{
    KernelLog, OBJECT, Options, PROGRAMS, SourceError,
    error::{absent, not_loaded, refused},
    guard::Filter,
    judged::JudgedFiles,
    losses::Counters,
    lost::LastLostMap,
    offsets::Layout,
    pin::PinnedSet,
};
use crate::event::Environment;

/// The kernel's types, read when somebody wants them: that takes a tenth of a second.
pub(super) struct KernelTypes<'a> {
    file: &'a Path,
    types: OnceCell<Btf>,
}

impl<'a> KernelTypes<'a> {
    pub(super) const fn new(file: &'a Path) -> Self {
        Self {
            file,
            types: OnceCell::new(),
        }
    }

    pub(super) fn get(&self) -> Result<&Btf, SourceError> {
        if let Some(types) = self.types.get() {
            return Ok(types);
        }
        let types = Btf::parse_file(self.file, Endianness::default());
        let types = types.map_err(|error| refused("the kernel's types", error))?;
        Ok(self.types.get_or_init(|| types))
    }
}

/// Everything that is in the kernel.
pub(super) struct Loaded {
    /// The ring buffer.
    pub(super) ring: Map,
    pub(super) counters: Counters,
    pub(super) last_lost: LastLostMap,
    pub(super) filter: Filter,
    pub(super) judged: JudgedFiles,
    /// The programs, where they have not been attached yet.
    pub(super) object: Option<Object>,
}

/// The object as it was loaded. aya keeps the code of all programs with it, so it goes when they are attached: what holds
/// them is enough.
pub(super) struct Object {
    ebpf: Box<Ebpf>,
    /// What its program for execs is called, of the forms that it has.
    exec: &'static str,
}

/// A program that is attached, by its number, and what holds it.
pub(super) type Attached = (Program, u32, FdLink);

impl Loaded {
    /// Loads everything, and keeps it in a set, if there is one.
    pub(super) fn new(
        options: &Options,
        layout: &Layout,
        types: &KernelTypes<'_>,
        set: Option<&PinnedSet>,
    ) -> Result<Self, SourceError> {
        let level = options.log.level();
        let Layout { offsets, cast } = layout;
        let is_locked = cast.is_there() && !aya::features().bpf_probe_read_kernel();
        // What the object says of its own types is for people; no load of it depends on the kernel's.
        let mut ebpf = EbpfLoader::new()
            .btf(None)
            .verifier_log_level(verifier_log_level(options.log))
            .override_global(OFFSETS, offsets.as_bytes(), true)
            .override_global(CAST_TYPE, &cast.structure, true)
            .override_global(USER_TEXTS, &u32::from(is_locked), true)
            .override_global(VARIABLES, variables().as_bytes(), true)
            .override_global(AYA_LOG_LEVEL, &level, true)
            .load(cast.apply(OBJECT).as_bytes())
            .map_err(|error| refused("the maps", error))?;
        if options.log != KernelLog::Off {
            KernelLog::forward(&mut ebpf)?;
        }
        if let Some(set) = set {
            set.pin_maps(&ebpf)?;
        }
        let types = types.get()?;
        let mut object = Object {
            ebpf: Box::new(ebpf),
            exec: form_of_exec(offsets),
        };
        for which in PROGRAMS {
            let program = object.program(which)?;
            program.load(which.tracepoint, types).map_err(not_loaded)?;
            if let Some(set) = set {
                set.pin_program(which, program)?;
            }
        }
        tracing::debug!(
            form = object.exec,
            casts = cast.structure != 0,
            "loaded the programs"
        );
        let [exec, fork] = [EXEC, FORK].map(|which| descriptor(object.program(which)?));
        let mut take = |name| object.ebpf.take_map(name).ok_or_else(|| absent(name));
        let maps = [
            take(EVENTS)?,
            take(COUNTERS)?,
            take(LAST_LOST)?,
            take(WATCHED_NAMES)?,
            take(SIEVE)?,
            take(JUDGED)?,
        ];
        Self::of(maps, [exec?, fork?], Some(object))
    }

    /// Takes over a set, with what holds its programs.
    pub(super) fn pinned(set: &PinnedSet) -> Result<(Self, Vec<Attached>), SourceError> {
        let (mut links, mut descriptors) = (Vec::new(), Vec::new());
        for which in PROGRAMS {
            let program = set.program(which)?;
            let id = program.id();
            let link = set.link(which)?;
            let of = link
                .info()
                .map_err(|error| refused("a pinned link", error))?
                .program_id();
            if of != id {
                return Err(absent("a link of the pinned program"));
            }
            descriptors.push((which, program.into_descriptor()));
            links.push((which, id, link));
        }
        let mut descriptor = |which: Program| {
            let place = descriptors.iter().position(|(of, _)| *of == which);
            let place = place.ok_or_else(|| absent(which.name))?;
            Ok::<_, SourceError>(descriptors.swap_remove(place).1)
        };
        let counting = [descriptor(EXEC)?, descriptor(FORK)?];
        let maps = [
            set.map(EVENTS)?,
            set.map(COUNTERS)?,
            set.map(LAST_LOST)?,
            set.map(WATCHED_NAMES)?,
            set.map(SIEVE)?,
            set.map(JUDGED)?,
        ];
        Ok((Self::of(maps, counting, None)?, links))
    }

    fn of(maps: [Map; 6], counting: [OwnedFd; 2], object: Option<Object>) -> Result<Self, SourceError> {
        let unfit = |error: MapError| refused("the maps", error);
        let [ring, counters, last_lost, names, sieve, judged] = maps;
        Ok(Self {
            ring,
            counters: Counters::new(counters, Some(counting))?,
            last_lost: LastLostMap::try_from(last_lost).map_err(unfit)?,
            filter: Filter::new(
                HashMap::try_from(names).map_err(unfit)?,
                Array::try_from(sieve).map_err(unfit)?,
            ),
            judged: JudgedFiles::new(judged)?,
            object,
        })
    }
}

/// Attaches a program that is loaded. Gives its number and what holds it.
pub(super) fn attach(program: &mut BtfTracePoint) -> Result<(u32, FdLink), SourceError> {
    let step = "the attachment to a tracepoint";
    let link = program.attach().map_err(|error| refused(step, error))?;
    let link = program.take_link(link).map_err(|error| refused(step, error))?;
    Ok((id(program)?, link.into()))
}

impl Object {
    /// Attaches the programs, and keeps them so in a set, if there is one.
    pub(super) fn attach(mut self, set: Option<&PinnedSet>) -> Result<Vec<Attached>, SourceError> {
        let mut links = Vec::new();
        for which in PROGRAMS {
            let (id, mut link) = attach(self.program(which)?)?;
            if let Some(set) = set {
                link = set.pin_link(which, link)?;
            }
            links.push((which, id, link));
        }
        Ok(links)
    }

    fn program(&mut self, which: Program) -> Result<&mut BtfTracePoint, SourceError> {
        let name = if which == EXEC { self.exec } else { which.name };
        let program = self.ebpf.program_mut(name).ok_or_else(|| absent(name))?;
        program
            .try_into()
            .map_err(|error: ProgramError| refused("the program", error))
    }
}

/// The variables that the daemon keeps, as the kernel program looks for them.
pub(super) fn variables() -> [Variable; MAX_VARIABLES] {
    const { assert!(Environment::KEPT.len() <= MAX_VARIABLES, "there is room for each") };
    let mut variables = [Variable::NONE; MAX_VARIABLES];
    for (variable, name) in variables.iter_mut().zip(Environment::KEPT) {
        *variable = Variable::named(name);
    }
    variables
}

/// A kernel that has its mappings in a list may lack what the other form uses; one that has them not in a list has it.
fn form_of_exec(offsets: &Offsets) -> &'static str {
    let has_list = offsets.mm_struct_mmap != ABSENT && offsets.vm_area_struct_next != ABSENT;
    if has_list { EXEC_BY_LIST } else { EXEC.name }
}

fn id(program: &BtfTracePoint) -> Result<u32, SourceError> {
    let info = program.info().map_err(|error| refused("the program", error))?;
    Ok(info.id())
}

/// Holds the program as long as it is there.
fn descriptor(program: &BtfTracePoint) -> Result<OwnedFd, SourceError> {
    let fd = program.fd().map_err(|error| refused("the program", error))?;
    let held = fd.as_fd().try_clone_to_owned();
    held.map_err(|error| refused("the program", error))
}

/// How much the verifier says of a program that it refuses: why, or, for a developer, every step that led to it. Those
/// can be megabytes, and aya asks again and again until there is room for all of them.
fn verifier_log_level(log: KernelLog) -> VerifierLogLevel {
    match log {
        KernelLog::Debug => VerifierLogLevel::default(),
        KernelLog::Off | KernelLog::Warn => VerifierLogLevel::STATS,
    }
}
