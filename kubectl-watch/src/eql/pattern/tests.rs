//! Regular expressions that mean something else to Lucene, by example.

use super::*;

#[test]
fn patterns_mean_what_they_mean_to_lucene() {
    for (pattern, value, fold, expected) in [
        ("a", "ba", false, false),
        ("a", "ab", false, false),
        (".*a", "ba", false, true),
        ("a|bc", "bc", false, true),
        ("a.c", "a\nc", false, true),
        ("^a$", "a", false, false),
        ("^a$", "^a$", false, true),
        ("[^-]+[uz]", "abcu", false, true),
        ("[a-c]+", "ABC", true, true),
        ("[a-c]+", "ABC", false, false),
        ("[Z-b]", "B", true, true),
        ("k", "\u{212a}", true, false),
        ("[k]", "\u{212a}", true, false),
        ("[a&&b]", "&", false, true),
        (r"\.\w+\d", ".ab1", false, true),
        (r"[\w\-]+", "a-b", false, true),
        (r"[^\w]", "-", false, true),
        (r"\/b", "/b", false, true),
        (r"\b", "b", false, true),
        ("a{2,3}", "aaa", false, true),
        ("a{2}", "aaa", false, false),
        ("..", "é", false, false),
        ("()", "", false, true),
        ("a+?", "", false, true),
        ("(ab)+?c", "c", false, true),
        ("a{2}?b", "b", false, true),
    ] {
        let compiled = Pattern::new(pattern, fold).expect(pattern);
        assert_eq!(compiled.matches(value.as_bytes()), expected, "{pattern} {value}");
    }
    assert!(
        Pattern::new("--as=.", false)
            .expect("a pattern")
            .matches(b"--as=\xff")
    );
    assert!(Pattern::new("a[^b]", false).expect("a pattern").matches(b"a\xe2"));
}

#[test]
fn what_cannot_be_translated_is_refused() {
    for pattern in [
        "a~b",
        "a&b",
        "@",
        "#",
        "<1-5>",
        "\"a\"",
        "(?i)a",
        "[",
        "[]",
        "[b-a]",
        "(",
        ")",
        "a{x}",
        "a{",
        "\\",
        "*",
        "a{99999}",
        "((a{999}){999}){999}",
    ] {
        assert!(Pattern::new(pattern, false).is_err(), "{pattern}");
    }
    for plain in [r"\~", r"\&", r"\@", r"\#", r"\<", r#"\""#] {
        assert!(
            Pattern::new(plain, false)
                .expect(plain)
                .matches(&plain.as_bytes()[1..]),
            "{plain}"
        );
    }
}
