//! Compiles the kernel objects into `OUT_DIR`, from where the daemon embeds them.
//!
//! They have a compiler of their own (see `xtask/src/toolchain.rs`), so this runs a second cargo, with
//! the same `Cargo.lock`. Where something is missing it says in one line what, and what to do.

#[path = "../xtask/src/toolchain.rs"]
mod toolchain;

use object::build::elf::{Builder, SectionData};
use object::elf::SHT_STRTAB;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};
use toolchain::{FOLLOW, PACKAGE, REMEDY, Toolchain};

fn main() {
    for input in ["src", "Cargo.toml"] {
        println!("cargo::rerun-if-changed=../{PACKAGE}/{input}");
    }
    println!("cargo::rerun-if-changed=../Cargo.toml");
    println!("cargo::rerun-if-changed=../Cargo.lock");

    println!("cargo::rustc-env=KUBECTL_WATCH_CONTRACT={}", contract());

    // Cargo stops at an error that it is told of, and shows it alone; if this failed, it would show more.
    let built = find().and_then(|toolchain| {
        [PACKAGE, FOLLOW]
            .iter()
            .try_for_each(|object| build(&toolchain, object))
    });
    if let Err(error) = built {
        for line in error.lines() {
            println!("cargo::error={line}");
        }
    }
}

/// What names the wire contract: the files that say what a record is, hashed (FNV-1a). A file that cannot be read is
/// missed by the compiler, too.
fn contract() -> String {
    let files = ["lib.rs", "record.rs", "counter.rs"].map(|file| format!("../{PACKAGE}/src/{file}"));
    let bytes = files.iter().flat_map(|file| fs::read(file).unwrap_or_default());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn find() -> Result<Toolchain, String> {
    Toolchain::find()
        .map_err(|missing| format!("cannot build what runs in the kernel without {missing}: {REMEDY}"))
}

/// Builds an object and puts it where the daemon includes it from.
fn build(toolchain: &Toolchain, name: &str) -> Result<(), String> {
    for program in [&toolchain.compiler.bin.join("rustc"), &toolchain.linker] {
        println!("cargo::rerun-if-changed={}", program.display());
    }

    let out = PathBuf::from(variable("OUT_DIR")?);
    let arch = variable("CARGO_CFG_TARGET_ARCH")?;
    let target = outer_target(&out, &variable("TARGET")?).join(toolchain::folder(&arch));
    let mut cargo = toolchain.cargo("build", name, &arch, &variable("CARGO_CFG_TARGET_ENDIAN")?);
    run(cargo.arg("--target-dir").arg(&target))?;

    let object = object_in(&target, name).ok_or("the kernel object is not where cargo should have put it")?;
    let failure = |error: &dyn Display| format!("cannot copy {}: {error}", object.display());
    let whole = fs::read(&object).map_err(|error| failure(&error))?;
    let small = without_debug_info(&whole).map_err(|error| failure(&error))?;
    fs::write(out.join(name), small).map_err(|error| failure(&error))
}

/// An object without what only a debugger or another linker reads, six sevenths of its bytes: the daemon would have
/// them in memory. The BTF that the kernel reads was made from it, and stays.
fn without_debug_info(object: &[u8]) -> object::build::Result<Vec<u8>> {
    let mut elf = Builder::read(object)?;
    for section in &mut elf.sections {
        let debug: [&[u8]; 3] = [b".debug_", b".rel.debug_", b".rel.BTF"];
        section.delete = debug.iter().any(|name| section.name.starts_with(name));
    }
    elf.delete_orphans();
    // LLVM has one section for the names of sections and symbols, and what writes here has two.
    let names = elf.sections.add();
    names.name = b".shstrtab"[..].into();
    names.sh_type = SHT_STRTAB;
    names.data = SectionData::SectionString;
    let mut out = Vec::new();
    elf.write(&mut out)?;
    Ok(out)
}

/// The outer cargo's target folder. `OUT_DIR` is `[TARGET/]PROFILE/build/PACKAGE/out` in it.
fn outer_target<'a>(out: &'a Path, target: &str) -> &'a Path {
    let folder = out.ancestors().nth(4).unwrap_or(out);
    if folder.ends_with(target) {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    }
}

/// Runs the inner cargo. A quiet cargo says nothing but warnings and errors, so all it says is passed on.
fn run(cargo: &mut Command) -> Result<(), String> {
    let output = cargo
        .output()
        .map_err(|error| format!("cannot start {}: {error}", cargo.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!(
            "{said}\nwhat runs in the kernel does not compile: {}",
            output.status
        ));
    }
    for line in said.lines() {
        println!("cargo::warning={line}");
    }
    Ok(())
}

/// The object, whichever of the two byte orders it was built for.
fn object_in(target: &Path, name: &str) -> Option<PathBuf> {
    ["bpfel-unknown-none", "bpfeb-unknown-none"]
        .map(|triple| target.join(triple).join("release").join(name))
        .into_iter()
        .find(|file| file.is_file())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
