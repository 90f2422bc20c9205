//! That no piece of any secret gets by, wherever it is, and that any bytes can be read.

pub(crate) mod command;
mod places;
mod shell;

use proptest::prelude::*;

use super::text;
use crate::event::Args;
pub(crate) use places::PLACES;

proptest! {
    #[test]
    fn no_piece_of_a_secret_gets_out(
        (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        before in proptest::collection::vec("[ -~]{0,12}", 0..3),
    ) {
        let (template, _) = PLACES[place];
        let noise = before.iter().filter(|arg| !arg.contains(['-', ':', ' ', 'r']));
        let args: Args = noise.cloned().chain(template.iter().map(|arg| arg.replace("{}", &secret))).collect();
        let out = crate::redact::args(&args);
        prop_assert_eq!(out.len(), args.len());
        let out = out.command_line();
        for piece in secret.as_bytes().windows(8) {
            let clean = template.iter().all(|arg| !arg.as_bytes().windows(8).any(|window| window == piece));
            prop_assert!(!clean || !out.windows(8).any(|window| window == piece), "{}", String::from_utf8_lossy(out));
        }
    }

    #[test]
    fn no_piece_of_a_secret_in_any_command_gets_out(command in command::command()) {
        let (args, without) = (command.args(&command.secret), command.args(""));
        let out = crate::redact::args(&args);
        prop_assert_eq!(out.len(), args.len());
        let (out, without) = (out.command_line(), without.command_line());
        let has = |bytes: &[u8], piece: &[u8]| bytes.windows(8).any(|window| window == piece);
        for piece in command.secret.as_bytes().windows(8) {
            prop_assert!(
                !has(out, piece) || has(without, piece),
                "{}\n{}",
                String::from_utf8_lossy(args.command_line()),
                String::from_utf8_lossy(out)
            );
        }
    }

    #[test]
    fn the_first_arguments_are_redacted_as_among_all(
        (place, secret) in (0..PLACES.len()).prop_flat_map(|place| (Just(place), PLACES[place].1)),
        bytes in 0..100_usize,
    ) {
        let args: Args = PLACES[place].0.iter().map(|arg| arg.replace("{}", &secret)).collect();
        let (all, first) = (crate::redact::args(&args), crate::redact::first_args(&args, bytes));
        prop_assert!(all.iter().zip(first.iter()).all(|(one, other)| one == other));
        prop_assert!(first.is_cut() == (first.len() < all.len()));
        prop_assert!(first == all || first.command_line().len() >= bytes);
    }

    #[test]
    fn anything_is_read_to_its_end(args in proptest::collection::vec(proptest::collection::vec(1u8.., 0..80), 0..8)) {
        let args: Args = args.iter().collect();
        prop_assert_eq!(crate::redact::args(&args).len(), args.len());
    }

    #[test]
    fn secrets_of_any_tangle_are_read_to_their_end(
        words in proptest::collection::vec(
            prop_oneof![
                Just("--token"), Just("="), Just(" "), Just("'"), Just("\""), Just("\\"), Just("--env"), Just(":"),
                Just("Authorization"), Just("Bearer"), Just("://"), Just("@"), Just("eyJ"), Just("."), Just("a"),
                Just("curl"), Just("-u"), Just(","), Just("set"), Just("\n"), Just("-c"), Just("\0"), Just("users.a"), Just("$("), Just(")"), Just("`"), Just("<("), Just("--kubeconfig"), Just("case "), Just("<<E\n"), Just("["), Just("${"), Just("}"), Just("esac"),
            ],
            0..40,
        ),
    ) {
        let args = Args::from_bytes(words.concat().into_bytes());
        prop_assert_eq!(crate::redact::args(&args).len(), args.len());
        let _ = text(words.concat().as_bytes());
    }
}
