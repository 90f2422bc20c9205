//! What is refused, where, and what is only warned of.

use super::language::sample;
use super::{Fields, Sample, holds, query};
use crate::eql::{Problem, Query, Value};

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, line, column, part) in [
        ("", 1, 1, "process where"),
        ("process", 1, 8, "`where`"),
        ("process where", 1, 14, "the end of the query"),
        ("process where name == 'x'", 1, 23, "double quotes"),
        ("process where name = \"x\"", 1, 20, "`=` is written `==`"),
        ("process where !flag", 1, 15, "`!` is written `not`"),
        ("process where flag AND flag", 1, 20, "lower case"),
        ("process where\n  name ==", 2, 10, "a field, a constant"),
        ("process where name == \"é\" = 1", 1, 27, "`=`"),
        ("process where name == name", 1, 20, "not with another field"),
        ("process where name in (name)", 1, 24, "not a field"),
        ("process where name : path", 1, 22, "a constant"),
        ("process where name : null", 1, 22, "== null"),
        ("process where name not like \"x\"", 1, 24, "`in`"),
        ("process where 1 == 1 == 1", 1, 22, "`and`, `or`"),
        ("process where 5", 1, 15, "a condition is needed"),
        ("process where \"x\"", 1, 15, "a condition is needed"),
        ("process where length(name)", 1, 15, "a condition is needed"),
        (
            "process where length(name, 1) == 1",
            1,
            15,
            "takes 1 argument, not 2",
        ),
        (
            "process where substring(name) == \"\"",
            1,
            15,
            "takes 2 to 3 arguments",
        ),
        ("process where lenght(name) == 1", 1, 15, "no function `lenght`"),
        (
            "process where wildcard(name, path)",
            1,
            15,
            "takes a value and then constants",
        ),
        ("process where cidrMatch(name, \"10/8\")", 1, 31, "no range"),
        ("process where name + \"x\" == 1", 1, 22, "a number"),
        ("process where name regex \"a~b\"", 1, 26, "operator of Lucene"),
        (
            "process where name regex (\"a\", \"(\")",
            1,
            32,
            "regular expression",
        ),
        ("process where name regex 1", 1, 26, "is a string"),
        ("process where args[0] == \"x\"", 1, 19, "element of an array"),
        (
            "process where concat(args, more) == \"x\"",
            1,
            34,
            "args and more do",
        ),
        (
            "process where stringContains(line, args)",
            1,
            15,
            "once for each args",
        ),
        (
            "process where concat(args, line == \"x\") == \"atrue\"",
            1,
            41,
            "once for each args",
        ),
        ("process where count == 99999999999999999999", 1, 24, "too large"),
        ("process where count == 9223372036854775808", 1, 24, "too large"),
        ("process where name == \"x\" | head 5", 1, 27, "`| head`"),
        ("sequence by name [process where true]", 1, 1, "`sequence`"),
        ("sample by name [process where true]", 1, 1, "`sample`"),
        ("join [process where true]", 1, 1, "`join`"),
        ("file where true", 1, 1, "`file where` never matches"),
        (
            "process where child of [process where true]",
            1,
            15,
            "relates a process",
        ),
    ] {
        let error = Query::parse(text, &Fields).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.to_string().contains(part), "{text}: {error}");
        let caret = error.caret();
        let under = caret.lines().last().expect("a caret");
        assert_eq!(under.chars().count(), column, "{caret}");
    }
}

#[test]
fn what_eql_has_and_event_queries_have_not_is_unsupported() {
    for text in [
        "sequence [a where true]",
        "any where true | tail 1",
        "registry where true",
        "any where name == path",
    ] {
        let error = Query::parse(text, &Fields).expect_err(text);
        assert!(matches!(error.problem, Problem::Unsupported(_)), "{error}");
    }
}

#[test]
fn depth_is_bounded_and_length_is_not() {
    for (open, close) in [
        ("(", ")"),
        ("not ", ""),
        ("- ", ""),
        ("length(", ")"),
        ("(not ", ")"),
    ] {
        let text = format!(
            "process where {}flag{}",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        let error = Query::parse(&text, &Fields).expect_err(open);
        assert!(matches!(error.problem, Problem::TooLarge(_)), "{error}");
    }
    let event = sample();
    for (word, times) in [(" and ", 20_000), (" or ", 20_000)] {
        assert!(holds(&vec!["flag"; times].join(word), &event));
    }
    assert!(holds(
        &format!("{} == 20000", vec!["1"; 20_000].join(" + ")),
        &event
    ));
    assert!(holds(
        &format!("length(concat({})) == 20000", vec!["\"x\""; 20_000].join(", ")),
        &event
    ));
}

#[test]
fn regular_expressions_are_counted_over_a_whole_query() {
    let text = |times| {
        format!(
            "process where {}",
            vec!["name regex (\"a\", \"b\")"; times].join(" or ")
        )
    };
    assert!(Query::parse(&text(32), &Fields).is_ok());
    let error = Query::parse(&text(33), &Fields).expect_err("there are 66");
    assert!(matches!(error.problem, Problem::TooLarge(_)), "{error}");
}

#[test]
fn a_text_has_room_for_two_command_lines_and_not_for_any_number() {
    static LINE: [u8; 6 << 20] = [b'x'; 6 << 20];
    let event = Sample::default().with("line", &[Value::Str(&LINE)]);
    let length = |times| format!("length(concat({}))", vec!["line"; times].join(", "));
    assert!(holds(&format!("{} == {}", length(2), 2 * LINE.len()), &event));
    assert!(holds(&format!("{} == null", length(20_000)), &event));
}

#[test]
fn unknown_fields_are_a_warning_unless_optional() {
    let warned = |text: &str| {
        let warnings = query(text).warnings().to_vec();
        warnings
            .iter()
            .map(|warning| (warning.field.clone(), warning.line, warning.column))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        warned("process where name == \"x\" or\n nmae == \"y\" or nmae == 1"),
        [("nmae".to_owned(), 2, 2)]
    );
    assert!(warned("process where ?nmae == \"y\" or never == 1").is_empty());
    assert_eq!(
        query("process where never == 1 or name == \"x\"").unfilled(),
        ["never"]
    );
}
