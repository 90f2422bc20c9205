//! Execs in parts: mixed, missing, too many.

use super::*;

fn header(cpu: u32, sequence: u64) -> Header {
    Header {
        kind: 0,
        cpu,
        sequence,
    }
}

fn exec(cpu: u32, sequence: u64, args_total: u32, env_total: u32) -> Exec {
    Exec {
        header: header(cpu, sequence),
        args_total,
        env_total,
        ..Exec::default()
    }
}

fn part(cpu: u32, sequence: u64, offset: u32) -> Chunk {
    Chunk {
        header: header(cpu, sequence),
        offset,
        len: 0,
    }
}

fn ancestor(pid: u32) -> Ancestor {
    let mut ancestor = Ancestor::default();
    ancestor.process.pid = pid;
    ancestor
}

fn line(event: &ProcessEvent) -> (String, bool) {
    (
        String::from_utf8(event.process.args.command_line().to_vec()).expect("it is text"),
        event.gaps.contains(&Gap::Args),
    )
}

fn event() -> ProcessEvent {
    ProcessEvent::default()
}

#[test]
fn parts_of_two_cpus_do_not_mix() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.exec(&exec(0, 1, 6, 0), event(), b"a\0", &mut out);
    assembly.exec(&exec(1, 1, 4, 0), event(), b"x\0", &mut out);
    assembly.args(&part(1, 1, 2), b"y\0", &mut out);
    assembly.args(&part(0, 1, 2), b"b\0", &mut out);
    assembly.args(&part(0, 1, 4), b"c\0", &mut out);
    assert_eq!(
        out.iter().map(line).collect::<Vec<_>>(),
        [("x y".into(), false), ("a b c".into(), false)]
    );
    assert_eq!((assembly.held, assembly.given_up, assembly.strays), (0, 0, 0));
}

#[test]
fn arguments_that_are_not_as_many_as_the_kernel_counted_have_a_gap() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    for argc in [2, 3] {
        let exec = Exec {
            argc,
            ..exec(0, argc.into(), 4, 0)
        };
        assembly.exec(&exec, event(), b"a\0b\0", &mut out);
    }
    assert_eq!(
        out.iter().map(line).collect::<Vec<_>>(),
        [("a b".into(), false), ("a b".into(), true)]
    );
    assert_eq!(assembly.given_up, 1);
}

#[test]
fn an_environment_belongs_to_the_exec_that_follows_it() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.env(&part(0, 1, 0), b"KUBECONFIG=");
    assembly.env(&part(1, 1, 0), b"HOME=/\0");
    assembly.env(&part(0, 1, 11), b"/tmp/x\0");
    assert_eq!(assembly.held, 25);
    assembly.exec(&exec(0, 1, 2, 18), event(), b"a\0", &mut out);
    assert_eq!(out[0].environment.get("KUBECONFIG"), Some(&b"/tmp/x"[..]));
    assert!(out[0].gaps.is_empty());
    // One of two pieces did not come.
    assembly.env(&part(0, 2, 11), b"/tmp/x\0");
    assembly.exec(&exec(0, 2, 2, 18), event(), b"b\0", &mut out);
    assert_eq!(out[1].gaps, [Gap::Environment]);
    assert!(out[1].environment.is_empty());
    // The exec of the other CPU was lost.
    assembly.exec(&exec(1, 2, 2, 0), event(), b"c\0", &mut out);
    assert!(out[2].gaps.is_empty() && out[2].environment.is_empty());
    assert_eq!((assembly.without_env, assembly.strays, assembly.held), (1, 1, 0));
}

#[test]
fn what_came_ahead_of_an_exec_that_was_lost_is_not_kept() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.env(&part(0, 1, 0), b"HOME=/\0");
    assembly.ancestor(header(0, 1), ancestor(7));
    assembly.give_up_still(&mut out);
    assert_eq!(assembly.held, 7, "its exec may come yet");
    assembly.give_up_still(&mut out);
    assert!(assembly.is_idle());
    assert_eq!((assembly.strays, assembly.held), (2, 0));
}

#[test]
fn ancestors_belong_to_the_exec_that_follows_them() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.ancestor(header(0, 1), ancestor(7));
    assembly.ancestor(header(1, 1), ancestor(5));
    // The exec of the first was lost.
    assembly.ancestor(header(0, 2), ancestor(8));
    assembly.ancestor(header(0, 2), ancestor(1));
    let exec = Exec {
        ancestors: 3,
        ..exec(0, 2, 0, 0)
    };
    assembly.exec(&exec, event(), b"", &mut out);
    let pids: Vec<u32> = out[0].lineage.ancestors.iter().map(|it| it.process.pid).collect();
    assert_eq!(pids, [8, 1]);
    assert_eq!(out[0].gaps, [Gap::Ancestors], "one of three was lost");
    assert_eq!(assembly.strays, 1);
}

#[test]
fn what_is_never_finished_is_given_up_with_a_gap() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.exec(&exec(0, 1, 6, 0), event(), b"a\0", &mut out);
    assembly.exec(&exec(0, 2, 9, 0), event(), b"b\0", &mut out);
    assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("a".into(), true)]);
    assembly.give_up_still(&mut out);
    assert_eq!(out.len(), 1, "a part came since");
    assembly.give_up_still(&mut out);
    assert_eq!(out.len(), 2);
    assert_eq!((assembly.held, assembly.given_up), (0, 2));
}

#[test]
fn a_missing_part_is_noticed_by_its_place() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    assembly.exec(&exec(0, 1, 6, 0), event(), b"a\0", &mut out);
    assembly.args(&part(0, 1, 4), b"c\0", &mut out);
    assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("a".into(), true)]);
    assembly.args(&part(0, 7, 4), b"c\0", &mut out);
    assert_eq!((assembly.strays, assembly.given_up, assembly.held), (2, 1, 0));
}

#[test]
fn no_more_is_held_than_there_is_room_for() {
    let (mut assembly, mut out) = (Assembly::default(), Vec::new());
    let most = u32::try_from(MAX_HELD).expect("it is small");
    assembly.exec(&exec(0, 1, most, 0), event(), b"a\0", &mut out);
    assembly.exec(&exec(1, 1, 3, 0), event(), b"b\0", &mut out);
    assert_eq!(out.iter().map(line).collect::<Vec<_>>(), [("b".into(), true)]);
    assembly.env(&part(2, 1, 0), b"HOME=/\0");
    assert_eq!(assembly.held, MAX_HELD, "and so an environment has none");
    assembly.give_up_all(&mut out);
    assert_eq!((out.len(), assembly.held), (2, 0));
}
