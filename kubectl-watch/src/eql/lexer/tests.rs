//! Tokens by example.

use super::*;

fn strings(text: &str) -> Vec<Token> {
    let tokens = tokens(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    tokens
        .into_iter()
        .map(|(token, _)| token)
        .filter(|token| *token != Token::End)
        .collect()
}

#[test]
fn strings_resolve_their_escapes() {
    for (text, value) in [
        (r#""a*b""#, "a*b"),
        (r#""\b\t\n\f\r\"\\""#, "\u{8}\t\n\u{c}\r\"\\"),
        (r#""\u{41}\u{00e9}\u{0001F600}""#, "Aé😀"),
        (r#"" // no comment /* either */""#, " // no comment /* either */"),
        ("\"\"\"a\\n\"b\"\"\"", "a\\n\"b"),
        ("\"\"\"a\"\"\"\"", "a\""),
        ("\"\"\"a\"\"\"\"\"", "a\"\""),
        ("\"\"\"\"\"\"", ""),
        ("\"\"\"\"\"\"\"", "\""),
    ] {
        assert_eq!(strings(text), [Token::Str(value.to_owned())], "{text}");
    }
}

#[test]
fn what_is_not_a_token_is_named_with_its_place() {
    for (text, at, part) in [
        ("a 'b'", 2, "double quotes"),
        ("a ?\"b\"", 2, "three double quotes"),
        (r#"a "b"#, 2, "no end"),
        ("a \"b\nc\"", 2, "on its line"),
        ("a \"\"\"b\nc\"\"\"", 2, "on its line"),
        (r#""\x""#, 1, "escapes are"),
        (r#""\u{d800}""#, 1, "hex digits"),
        (r#""\u{110000}""#, 1, "hex digits"),
        (r#""\u41""#, 1, "hex digits"),
        ("/* a", 0, "no end"),
        ("99999999999999999999", 0, "too large"),
        ("1e999", 0, "too large"),
        ("a # b", 2, "begins with"),
        ("``", 0, "backquotes"),
    ] {
        let error = tokens(text).expect_err(text);
        assert_eq!(error.at.0, at, "{text}");
        assert!(
            error.problem.to_string().contains(part),
            "{text}: {}",
            error.problem
        );
    }
}

#[test]
fn words_numbers_signs_and_comments() {
    let word = |text: &str| Token::Word(text.to_owned());
    for (text, expected) in [
        ("like~ like", vec![Token::TildeWord("like".into()), word("like")]),
        (
            "@timestamp.a_1",
            vec![word("@timestamp"), Token::Sign("."), word("a_1")],
        ),
        (
            "1 1.5 .5 2e3 7e",
            vec![
                Token::Int(1),
                Token::Float(1.5),
                Token::Float(0.5),
                Token::Float(2000.0),
                Token::Int(7),
                word("e"),
            ],
        ),
        ("a//b\n/*c\nd*/e", vec![word("a"), word("e")]),
        ("a<=b", vec![word("a"), Token::Sign("<="), word("b")]),
        ("`a-b``c`", vec![Token::Quoted("a-b`c".into())]),
    ] {
        assert_eq!(strings(text), expected, "{text}");
    }
}
