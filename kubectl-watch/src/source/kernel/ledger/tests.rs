//! The equation, as a table and against any losses and any theft.

use proptest::prelude::*;

use super::*;

fn ledger(arrived: &[(u32, u64)]) -> Ledger {
    let mut ledger = Ledger::default();
    for &(cpu, sequence) in arrived {
        ledger.received(cpu, sequence, sequence * 10);
    }
    ledger
}

#[test]
fn the_equation_holds_only_where_both_counts_agree() {
    for (arrived, watched, lost, bad, holds, unaccounted) in [
        (&[][..], &[0, 0][..], &[0, 0][..], 0, true, 0),
        (&[(0, 1), (1, 1), (0, 2)], &[2, 1], &[0, 0], 0, true, 0),
        (&[(0, 1), (0, 4)], &[4], &[2], 0, true, 0),
        // The last ones are lost, too.
        (&[(0, 1)], &[4], &[3], 0, true, 0),
        (&[], &[0, 3], &[0, 3], 0, true, 0),
        // Somebody else has read it.
        (&[(0, 1), (0, 4)], &[4], &[0], 0, false, 2),
        (&[(0, 1), (0, 4)], &[4], &[1], 0, false, 1),
        // A gap on one CPU is not made good by a loss on another.
        (&[(0, 1), (0, 4), (1, 1)], &[4, 3], &[0, 2], 0, false, 2),
        // Under way, or stolen from the end: nobody knows before the end.
        (&[(0, 1)], &[2], &[0], 0, false, 0),
        // A record that was not whole explains one, and no more.
        (&[(0, 1), (0, 3)], &[3], &[0], 1, true, 0),
        (&[(0, 1), (0, 4)], &[4], &[0], 1, false, 1),
        // Counted as lost, and it came.
        (&[(0, 1), (0, 2)], &[2], &[1], 0, false, 0),
        // A number that had its turn, and one that has not come up.
        (&[(0, 2), (0, 1)], &[2], &[1], 0, false, 0),
        (&[(0, 1), (0, 2)], &[1], &[0], 0, false, 0),
    ] {
        let balance = ledger(arrived).balance(watched, lost, bad);
        assert_eq!(balance.holds(), holds, "{arrived:?} {balance}");
        assert_eq!(balance.unaccounted(), unaccounted, "{arrived:?} {balance}");
    }
}

#[test]
fn gaps_are_told_once_with_the_times_around_them() {
    let mut ledger = ledger(&[(0, 3), (1, 1), (0, 4), (0, 7)]);
    let hole = |missing, after_ns, before_ns| Hole {
        cpu: 0,
        missing,
        after_ns,
        before_ns,
    };
    assert_eq!(ledger.take_holes(), [hole(4, 0, 70)]);
    assert_eq!(ledger.take_holes(), []);
    ledger.received(0, 9, 90);
    assert_eq!(ledger.take_holes(), [hole(1, 70, 90)]);
}

#[test]
fn a_reader_that_takes_over_goes_on() {
    let first = ledger(&[(0, 1), (0, 3)]);
    let mut second = Ledger::default();
    for (cpu, state) in first.cpus() {
        second.resume(cpu, Cpu::from_words(state.words()));
    }
    second.received(0, 4, 40);
    assert!(second.balance(&[4], &[1], 0).holds());
    assert_eq!(second.take_holes(), []);
}

#[test]
fn the_terms_are_said() {
    let one = ledger(&[(0, 1), (0, 4)]).balance(&[5], &[3], 0);
    assert_eq!(one.to_string(), "watched 5 = received 2 + lost 3 (3 by gaps)");
    let two = ledger(&[(0, 1), (1, 2)]).balance(&[1, 2], &[0, 0], 1);
    assert_eq!(
        two.to_string(),
        "watched 3 = received 2 + lost 0 + not here 1 (1 by gaps), 1 records not whole; \
         cpu 0: watched 1 = received 1 + lost 0 (0 by gaps); \
         cpu 1: watched 2 = received 1 + lost 0 + not here 1 (1 by gaps)"
    );
}

proptest! {
    /// However execs are lost, the equation holds; and it does not once a single one goes another way.
    #[test]
    fn any_losses_are_proved_and_any_theft_is_seen(
        execs in prop::collection::vec((0_u32..4, any::<bool>()), 0..200),
        stolen in any::<prop::sample::Index>(),
    ) {
        let (mut watched, mut lost, mut sent) = ([0; 4], [0; 4], Vec::new());
        for &(cpu, fits) in &execs {
            watched[cpu as usize] += 1;
            if fits {
                sent.push((cpu, watched[cpu as usize]));
            } else {
                lost[cpu as usize] += 1;
            }
        }
        let balance = ledger(&sent).balance(&watched, &lost, 0);
        prop_assert!(balance.holds(), "{}", balance);
        prop_assert_eq!((balance.unaccounted(), balance.disorder()), (0, 0));
        if !sent.is_empty() {
            sent.remove(stolen.index(sent.len()));
            prop_assert!(!ledger(&sent).balance(&watched, &lost, 0).holds());
        }
    }
}
