//! Notices as snapshots.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::alert::samples::Sample;

fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_767_225_600 + seconds)
}

fn notice(about: &About) -> Notice {
    Notice::new(&NoticeParts {
        about,
        host: &Sample::new().host,
        id: Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0002),
        created: time(9),
    })
}

fn loss() -> Loss {
    Loss {
        reason: "lost_execs",
        count: 232,
        total: 300,
        from: time(1),
        to: time(3),
        cpus: vec![0, 3],
        process: Some(event::Process {
            pid: 7,
            start: time(0),
            start_boot_ns: 5,
            name: b"kube\x1bctl\xff".into(),
            ..event::Process::default()
        }),
        equation: Some("watched 412 = received 180 + lost 232 (232 by gaps)".into()),
    }
}

macro_rules! snapshots {
    ($($name:ident: $about:expr,)*) => {
        mod document {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let notice = notice(&$about);
                    insta::assert_json_snapshot!(stringify!($name), notice.document);
                    let line = notice.to_json_line();
                    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1), "one line");
                    assert!(!line.contains(&0x1b), "nothing steers a terminal");
                }
            )*
        }
    };
}

snapshots! {
    lost: About::Loss(loss()),
    gap: About::Gap(WatchGap { from: time(0), to: time(5), since: Since::Broken }),
    start: About::Start(Sensor { binary: Some("ab".into()), config: "cd".into(), rules: "ef".into(), rules_count: 3, sum: None }),
    tampering: About::Tampering(Tampering { target: Target::Names, found: "kubectl is missing".into(), done: "they were put back" }),
}

#[test]
fn only_what_is_as_grave_as_an_alert_is_one() {
    let gap = |since| {
        About::Gap(WatchGap {
            since,
            ..WatchGap::default()
        })
    };
    for (about, kind) in [
        (About::Loss(Loss::default()), "alert"),
        (gap(Since::Broken), "alert"),
        (gap(Since::Boot), "event"),
        (gap(Since::Stopped), "event"),
        (gap(Since::Rebooted { told: false }), "event"),
        (About::Stop(Sensor::default()), "event"),
    ] {
        let value = serde_json::to_value(notice(&about).document).expect("document");
        assert_eq!(value["event"]["kind"], kind, "{about:?}");
        assert_eq!(value.get("rule").is_some(), kind == "alert", "{about:?}");
        assert_eq!(
            value["event"]["dataset"] == "kubectl_watch.alerts",
            kind == "alert",
            "{about:?}"
        );
    }
}
