//! Nodes that lack one thing each.

use super::*;

fn healthy() -> Findings {
    Findings {
        kernel: "6.8.0-45-generic".into(),
        btf: ("/sys/kernel/btf/vmlinux".into(), Btf::Valid),
        capabilities: Some(1 << BPF | 1 << PERFMON | 1 << SYS_PTRACE | 1 << DAC_READ_SEARCH),
        bpf: Bpf::Allowed,
        lockdown: None,
        host_pids: Some(true),
        seccomp: true,
        bpf_fs: true,
        host_root: Ok("/proc/1/root".into()),
    }
}

fn table(findings: &Findings) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    report(findings).write(&mut out).expect("written");
    String::from_utf8(out.into_inner()).expect("text")
}

#[test]
fn tables_say_what_to_do() {
    insta::assert_snapshot!("healthy", table(&healthy()));
    let bare = Findings {
        kernel: "5.4.0".into(),
        btf: ("/x".into(), Btf::Unreadable("No such file or directory".into())),
        capabilities: Some(0),
        bpf: Bpf::Denied,
        lockdown: Some(Lockdown::Confidentiality),
        host_pids: Some(false),
        seccomp: false,
        bpf_fs: false,
        host_root: Err("/host: No such file or directory".into()),
    };
    insta::assert_snapshot!("bare", table(&bare));
}

#[test]
fn the_exit_code_is_of_what_fails() {
    type Change = fn(&mut Findings);
    let cases: &[(&str, ExitCode, Change)] = &[
        ("nothing", ExitCode::Success, |_| ()),
        ("old kernel", ExitCode::Kernel, |found| {
            found.kernel = "5.9.16".into();
        }),
        ("first kernel that will do", ExitCode::Success, |found| {
            found.kernel = "5.10.0-rc1".into();
        }),
        ("odd kernel", ExitCode::Success, |found| {
            found.kernel = "new".into();
        }),
        ("no types", ExitCode::Kernel, |found| found.btf.1 = Btf::Invalid),
        ("integrity", ExitCode::Success, |found| {
            found.lockdown = Some(Lockdown::Integrity);
        }),
        ("confidentiality", ExitCode::Success, |found| {
            found.lockdown = Some(Lockdown::Confidentiality);
        }),
        (
            "confidentiality, and no other way to read",
            ExitCode::Kernel,
            |found| {
                found.kernel = "6.1.0-50-amd64".into();
                found.lockdown = Some(Lockdown::Confidentiality);
            },
        ),
        ("no CAP_BPF", ExitCode::Privilege, |found| {
            found.capabilities = Some(1 << PERFMON);
        }),
        ("CAP_SYS_ADMIN alone", ExitCode::Success, |found| {
            found.capabilities = Some(1 << SYS_ADMIN);
        }),
        ("unknown capabilities", ExitCode::Success, |found| {
            found.capabilities = None;
        }),
        ("seccomp", ExitCode::Privilege, |found| found.bpf = Bpf::Denied),
        ("no bpf", ExitCode::Kernel, |found| {
            found.bpf = Bpf::Failed("Function not implemented".into());
        }),
        ("own pids", ExitCode::Success, |found| {
            found.host_pids = Some(false);
        }),
    ];
    for (what, code, change) in cases {
        let mut findings = healthy();
        change(&mut findings);
        assert_eq!(report(&findings).exit_code(), *code, "{what}");
    }
}
