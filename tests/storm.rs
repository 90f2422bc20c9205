//! More than the buffer holds: what is lost is counted to the last exec. Alone in its file, because files run one
//! after another, and a storm fills the buffers of all daemons there are.

use std::process::Command;

use kubectl_watch_tests::{Daemon, Scene, run};
use rustix::process::Signal;

#[test]
fn a_storm_that_overflows_is_counted_to_the_last_exec() {
    let daemon = Daemon::start(&[]);
    let scene = Scene::new();
    scene.copy("/bin/true", "kubectl");
    daemon.signal(Signal::STOP);
    // 400 times 100 kB is ten times what the buffer holds.
    let line = format!(
        "x=$(printf '%*s' 100000 '' | tr ' ' x); for i in {{1..400}}; do {}/kubectl $x --as=x; done",
        scene.path().display()
    );
    run(Command::new("bash").args(["-c", &line]));
    daemon.signal(Signal::CONT);
    let stopped = daemon.stop();
    let number = |name: &str| -> u64 {
        let last = stopped.log.lines().last().expect("it says how it ended");
        let mut words = last.split([' ', ',', '=']).skip_while(|word| *word != name);
        words
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or_default()
    };
    // The last line has all of them; other tests run kubectl too, so there may be more than 400.
    assert!(number("lost_execs") > 0, "nothing overflowed: {}", stopped.log);
    assert!(number("watched") >= 400, "{}", stopped.log);
    assert_eq!(
        number("events") + number("lost_execs"),
        number("watched"),
        "{}",
        stopped.log
    );
}
