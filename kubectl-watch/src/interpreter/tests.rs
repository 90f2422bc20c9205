use super::*;

fn process(executable: &str, name: &str) -> Process {
    Process {
        name: name.into(),
        executable: executable.into(),
        ..Process::default()
    }
}

/// What a command line of this interpreter runs.
fn of<'a>(executable: &str, name: &str, line: &'a str) -> Option<Code<'a>> {
    let args: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    code(&process(executable, name), &args)
}

#[test]
fn options_are_read_as_the_interpreter_reads_them() {
    let file = |path: &'static str| Some(Code::File(path.as_bytes()));
    for (executable, line, want) in [
        ("/usr/bin/bash", "bash deploy.sh x", file("deploy.sh")),
        (
            "/usr/bin/bash",
            "bash -eu -o pipefail /opt/d.sh -c",
            file("/opt/d.sh"),
        ),
        ("/usr/bin/bash", "bash -euo pipefail d.sh", file("d.sh")),
        ("/usr/bin/bash", "bash --rcfile x +x -- -d.sh", file("-d.sh")),
        ("/usr/bin/bash", "bash --norc - d.sh", file("d.sh")),
        ("/usr/bin/bash", "bash -ec kubectl", Some(Code::CommandLine)),
        ("/usr/bin/bash", "-bash", Some(Code::Stdin)),
        ("/usr/bin/bash", "bash -s arg", Some(Code::Stdin)),
        ("/usr/bin/bash", "bash /dev/fd/63", Some(Code::Descriptor)),
        ("/usr/bin/bash", "bash /dev/stdin", Some(Code::Stdin)),
        ("/usr/bin/bash", "bash --nobody-knows d.sh", Some(Code::Unclear)),
        ("/usr/bin/dash", "/bin/sh d.sh", file("d.sh")),
        (
            "/usr/bin/python3.11",
            "python3 -u -W ignore d.py -c",
            file("d.py"),
        ),
        ("/usr/bin/python3.11", "python3 -Wignore -Xdev d.py", file("d.py")),
        ("/usr/bin/python3.11", "python3 -Ic code", Some(Code::CommandLine)),
        (
            "/usr/bin/python3.11",
            "python3 -m http.server",
            Some(Code::Module),
        ),
        ("/usr/bin/python3.11", "python3 -", Some(Code::Stdin)),
        ("/usr/bin/python3.11", "python3 -Z d.py", Some(Code::Unclear)),
        ("/usr/bin/perl", "perl -w -I lib -Mstrict d.pl", file("d.pl")),
        ("/usr/bin/perl", "perl -lane print", Some(Code::CommandLine)),
        ("/usr/bin/perl", "perl -i.bak d.pl", file("d.pl")),
        ("/usr/bin/ruby3.1", "ruby -r set d.rb", file("d.rb")),
        (
            "/usr/bin/node",
            "node --max-old-space-size=9 --require x d.js",
            file("d.js"),
        ),
        ("/usr/bin/node", "node --eval=1", Some(Code::CommandLine)),
        ("/usr/bin/kubectl", "kubectl get pods", None),
    ] {
        let name = basename(executable.as_bytes());
        let name = std::str::from_utf8(name).expect("it is text");
        assert_eq!(of(executable, name, line), want, "{line}");
    }
    assert_eq!(of("/bin/busybox", "sh", "busybox sh d.sh"), file("d.sh"));
    assert_eq!(of("/bin/busybox", "sh", "sh d.sh"), file("d.sh"));
    assert_eq!(of("/bin/busybox", "busybox", "busybox wget d.sh"), None);
}

#[test]
fn a_script_that_was_started_by_its_name_is_found_whatever_its_interpreter() {
    let line = "/opt/lang/run -q ./deploy.xx kubectl";
    assert_eq!(
        of("/opt/lang/run", "deploy.xx", line),
        Some(Code::File(b"./deploy.xx"))
    );
    // A link to a program, which no argument names.
    assert_eq!(of("/opt/lang/run-2", "run", "run x y"), None);
    assert_eq!(of("/opt/lang/run", "run", "run run x"), None);
}

#[test]
fn a_shell_is_no_script_of_its_own() {
    assert!(!is_script(&process("/usr/bin/dash", "sh")));
    assert!(is_script(&process("/usr/bin/bash", "deploy.sh")));
    assert!(!is_script(&process("/usr/bin/kubectl-1.30", "kubectl")));
    assert!(may_run_script(&process("/usr/bin/dash", "sh")));
    assert!(!may_run_script(&process("/usr/bin/make", "make")));
}
