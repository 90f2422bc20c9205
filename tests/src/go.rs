//! Programs that Go builds as somebody else's package.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run;

/// It ends when its standard input does.
const MAIN: &str = r#"package main

import (
	"io"
	"os"
)

func main() { io.Copy(io.Discard, os.Stdin) }
"#;

/// A program that does nothing and that Go built as this package: what its linker writes down is what the real tool
/// has, which is 100 MB and more. It needs no library, and runs for as long as its standard input is open.
///
/// # Panics
///
/// Where it cannot be built.
pub fn go_program(folder: &Path, module: &str, package: &str) -> PathBuf {
    let (cache, home) = (folder.join("cache"), folder);
    let folder = folder.join(module.replace('/', "-"));
    let main = folder.join(package);
    fs::create_dir_all(&main).expect("the folder is ours");
    fs::write(folder.join("go.mod"), format!("module {module}\n")).expect("the folder is ours");
    fs::write(main.join("main.go"), MAIN).expect("the folder is ours");
    let program = folder.join("worker");
    let mut go = Command::new("go");
    go.args(["build", "-o"])
        .arg(&program)
        .arg(format!("./{package}"))
        .current_dir(&folder)
        .envs([
            ("GOPROXY", "off"),
            ("GOFLAGS", "-buildvcs=false"),
            ("CGO_ENABLED", "0"),
        ])
        .env("GOCACHE", cache)
        .env("HOME", home);
    let built = run(&mut go);
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    program
}
