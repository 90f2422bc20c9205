//! Things for the daemon to see: commands, scripts, copies of programs, in a folder of the test's own.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Instant,
};

use tempfile::TempDir;

use crate::PATIENCE;

/// A folder that is removed at the end.
pub struct Scene {
    folder: TempDir,
}

impl Scene {
    /// A new folder under this one.
    ///
    /// # Panics
    ///
    /// When none can be made.
    pub fn under(parent: impl AsRef<Path>) -> Self {
        let folder = tempfile::Builder::new().prefix("scene-").tempdir_in(&parent);
        Self {
            folder: folder
                .unwrap_or_else(|error| panic!("no folder in {}: {error}", parent.as_ref().display())),
        }
    }

    /// A new folder that no rule speaks of: not a temporary one, not a home.
    ///
    /// # Panics
    ///
    /// When none can be made.
    pub fn new() -> Self {
        fs::create_dir_all("/opt").expect("root can make it");
        Self::under("/opt")
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes an executable script.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let text = self.file(&format!("{name}.text"), text);
        let path = self.copy(&text, name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
        fs::remove_file(text).expect("the folder is ours");
        path
    }

    /// Writes a file, with the folders that it is in.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        let folder = path.parent().expect("it has a name");
        fs::create_dir_all(folder).expect("the folder is ours");
        fs::write(&path, text).expect("the folder is ours");
        path
    }

    /// Copies a program here under a name that nobody else uses, and writes a rule that wants an `--as=` of it: for
    /// tests that count, on a machine where others run kubectl. Gives the paths of both.
    ///
    /// # Panics
    ///
    /// When one cannot be written.
    pub fn watched(&self, program: impl AsRef<Path>) -> (PathBuf, String) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "kw{:x}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let rule = format!(
            "[rule]\nname = \"{name}\"\nrule_id = \"{name}\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
             severity = \"low\"\nrisk_score = 1\nquery = '''process where process.name == \"{name}\" and \
             process.args : \"--as=*\"'''\n"
        );
        let rule = self.script("watched.toml", &rule);
        (
            self.copy(program, &name),
            rule.to_str().expect("it is text").to_owned(),
        )
    }

    /// Writes a rule about kubectls of this folder and no others: for tests that count losses, on a machine where others
    /// run kubectl. Gives its path.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn rule(&self, condition: &str) -> String {
        let folder = self.path().display();
        let text = format!(
            "[rule]\nname = 'own'\nrule_id = 'own'\nquery = '''process where process.name == \"kubectl\" and \
             process.executable like \"{folder}/*\" and {condition}'''\n"
        );
        let path = self.file("own.toml", &text);
        path.to_str().expect("it is text").to_owned()
    }

    /// Copies a program here, under another name. Another program does it: what this one has open for writing, each of
    /// its children has open until it execs, and nobody can run the copy meanwhile.
    ///
    /// # Panics
    ///
    /// When it cannot be copied.
    pub fn copy(&self, program: impl AsRef<Path>, name: &str) -> PathBuf {
        let path = self.path().join(name);
        let mut copy = Command::new("cp");
        copy.arg("--preserve=mode").arg(program.as_ref()).arg(&path);
        let copied = copy.status().expect("coreutils are there");
        assert!(copied.success(), "{} is not copied", program.as_ref().display());
        path
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// The machine's own kubectl. `cargo xtask test` installs one where there is none.
///
/// # Panics
///
/// Where there is none.
pub fn kubectl() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join("kubectl"))
        .find(|file| file.is_file());
    found.expect("these tests run a real kubectl, and none is on PATH: `cargo xtask test` installs one")
}

/// A word that no other test uses, and that no other such word begins with. Its end looks made for one run, as it is.
pub fn unique(word: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{word}-{:05}-{:04}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Runs a command to its end and says what came out.
///
/// # Panics
///
/// When it does not start.
pub fn run(command: &mut Command) -> Output {
    started(command, Command::output)
}

/// Starts a command. A program that a test has just written may be held open for writing by the child that another
/// test is making at this very moment, until that child calls exec: then it is tried again.
///
/// # Panics
///
/// When it does not start.
pub(crate) fn started<T>(command: &mut Command, start: fn(&mut Command) -> io::Result<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        match start(command) {
            Ok(started) => return started,
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < end => {
                thread::yield_now();
            }
            Err(error) => panic!("{command:?} does not start: {error}"),
        }
    }
}
