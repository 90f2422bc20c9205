//! Patterns by example, and against the definition of a wildcard.

use proptest::prelude::*;

use super::*;

/// The definition, letter by letter, without a thought for speed.
fn naive(pattern: &[char], value: &[Vec<u8>], fold: bool) -> bool {
    match pattern.split_first() {
        None => value.is_empty(),
        Some(('*', rest)) => (0..=value.len()).any(|taken| naive(rest, &value[taken..], fold)),
        Some((&wanted, rest)) => value.split_first().is_some_and(|(character, others)| {
            let wanted = wanted.to_string().into_bytes();
            let met =
                wanted == b"?" || wanted == *character || fold && wanted.eq_ignore_ascii_case(character);
            met && naive(rest, others, fold)
        }),
    }
}

fn characters(mut value: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while !value.is_empty() {
        let valid = (1..=4.min(value.len())).find(|&length| {
            std::str::from_utf8(&value[..length]).is_ok_and(|text| text.chars().count() == 1)
        });
        let (character, rest) = value.split_at(valid.unwrap_or(1));
        found.push(character.to_vec());
        value = rest;
    }
    found
}

proptest! {
    #[test]
    fn it_agrees_with_the_definition(
        pattern in "[aAbé€*?]{0,7}",
        value in proptest::collection::vec(proptest::sample::select(b"aAbB\xc3\xa9\xe2\x82\xac\xff".to_vec()), 0..9),
        fold: bool,
    ) {
        let letters: Vec<char> = pattern.chars().collect();
        let expected = naive(&letters, &characters(&value), fold);
        prop_assert_eq!(Glob::new(&pattern, fold).matches(&value), expected);
        if expected {
            prop_assert!(Glob::new(&pattern, fold).folded().matches(&value.to_ascii_uppercase()));
        }
    }
}

#[test]
fn each_shape_does_what_its_pattern_says() {
    for (pattern, value, fold, expected) in [
        ("*", "", false, true),
        ("", "", false, true),
        ("", "a", false, false),
        ("--as*", "--assume", false, true),
        ("--as*", "--AS=x", false, false),
        ("--as*", "--AS=x", true, true),
        ("*.sh", ".sh", false, true),
        ("*.sh", "a.sh ", false, false),
        ("*b*", "abc", false, true),
        ("*B*", "abc", true, true),
        ("a**c", "ac", false, true),
        ("?", "é", false, true),
        ("??", "é", false, false),
        ("É", "é", true, false),
        ("*?*", "", false, false),
        ("a?c*", "abcd", false, true),
    ] {
        assert_eq!(
            Glob::new(pattern, fold).matches(value.as_bytes()),
            expected,
            "{pattern} {value}"
        );
    }
    assert!(Glob::new("--as=?", false).matches(b"--as=\xff"));
    assert!(Glob::prefix(b"*?", false).matches(b"*?x"));
    assert!(!Glob::prefix(b"*?", false).matches(b"xyz"));
}

#[test]
fn many_runs_cost_little() {
    let pattern = "*a".repeat(60) + "b";
    assert!(!Glob::new(&pattern, false).matches("a".repeat(5000).as_bytes()));
}
