//! What holds for any query and any event: no panic, printing that parses again, one answer from two evaluators.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Fields, NAMES, Sample, naive};
use crate::eql::parser::parse;
use crate::eql::{Anchoring, Anchors, Query, Schema, Value};

const TEXTS: &[&str] = &[
    "a", "A", "ab", "aB*", "a?b", "é", "", "7", "true", "linux", "a/b", "ba",
];
const WORDS: &[&str] = &[
    "name", "path", "args", "count", "ratio", "flag", "os", "never", "?nothing", "`a b`", "more",
];

fn number() -> impl Strategy<Value = String> {
    const WRITTEN: &[&str] = &[
        "0",
        "1",
        "2",
        "7",
        "-3",
        "1.5",
        "-0.5",
        "9223372036854775807",
        "-9223372036854775808",
    ];
    select(WRITTEN).prop_map(str::to_owned)
}

fn constant() -> impl Strategy<Value = String> {
    let truth = select(["true", "false"].as_slice()).prop_map(str::to_owned);
    prop_oneof![4 => select(TEXTS).prop_map(|text| format!("\"{text}\"")), 3 => number(), 1 => truth]
}

fn list() -> impl Strategy<Value = String> {
    prop::collection::vec(constant(), 1..4).prop_map(|items| items.join(", "))
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![4 => select(WORDS).prop_map(str::to_owned), 1 => constant()];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let numeric = prop_oneof![
            number(),
            select(["count", "ratio", "args", "(count + 1)"].as_slice()).prop_map(str::to_owned)
        ];
        let operator = select(["+", "-", "*", "/", "%"].as_slice());
        prop_oneof![
            (
                numeric.clone(),
                operator.clone(),
                numeric.clone(),
                operator,
                numeric
            )
                .prop_map(|(a, first, b, second, c)| format!("{a} {first} {b} {second} {c}")),
            inner.clone().prop_map(|value| format!("length({value})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("concat({a}, {b})")),
            (inner.clone(), -3..4, -3..4)
                .prop_map(|(a, start, end)| format!("substring({a}, {start}, {end})")),
            (inner.clone(), inner.clone(), 0..3)
                .prop_map(|(a, b, from)| format!("indexOf~({a}, {b}, {from})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("startsWith({a}, {b})")),
        ]
    })
}

/// A condition as text; not each of them compiles.
fn condition() -> impl Strategy<Value = String> {
    let test = select(
        [
            "startsWith",
            "endsWith~",
            "stringContains",
            "wildcard~",
            "stringContains~",
        ]
        .as_slice(),
    );
    let pattern = prop::collection::vec("[aAbé7*?]{0,4}", 1..4).prop_map(|items| {
        items
            .iter()
            .map(|item| format!("\"{item}\""))
            .collect::<Vec<_>>()
            .join(", ")
    });
    let comparison = select(["==", "!=", "<", "<=", ">", ">="].as_slice());
    let other = prop_oneof![5 => constant(), 1 => Just("null".to_owned()), 1 => value()];
    let membership = select(["in", "in~", "not in", "not in~"].as_slice());
    let like = select([":", "like", "like~"].as_slice());
    let leaf = prop_oneof![
        4 => (value(), comparison, other).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
        3 => (value(), membership, list()).prop_map(|(a, word, list)| format!("({a}) {word} ({list})")),
        4 => (value(), like, pattern.clone()).prop_map(|(a, word, list)| format!("({a}) {word} ({list})")),
        1 => (value(), select(["regex", "regex~"].as_slice()), select([".*a?", "[^a]+", "(a|é).?"].as_slice()))
            .prop_map(|(a, word, text)| format!("({a}) {word} \"{text}\"")),
        2 => (value(), test, pattern).prop_filter_map("one pattern for most", |(a, name, list)| {
            (name == "wildcard~" || !list.contains(',')).then(|| format!("{name}({a}, {list})"))
        }),
        1 => select(["flag", "true", "false", "null"].as_slice()).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.join(" or ")),
            inner.prop_map(|inner| format!("({inner}) == true")),
        ]
    })
}

fn event() -> impl Strategy<Value = Sample> {
    let text = || {
        select(vec![
            &b"a"[..],
            b"A",
            b"ab",
            b"aB*",
            b"\xc3\xa9",
            b"",
            b"7",
            b"a/b",
            b"\xff",
            b"true",
            b"bab",
        ])
    };
    let texts = move |most| prop::collection::vec(text().prop_map(Value::Str), 0..=most);
    let numbers = prop::collection::vec(
        select(vec![0, 1, 7, -3, i64::MAX, i64::MIN]).prop_map(Value::Int),
        0..=1,
    );
    let fractions = prop::collection::vec(select(vec![1.5, -0.5, 2.0]).prop_map(Value::Float), 0..=1);
    let flags = prop::collection::vec(any::<bool>().prop_map(Value::Bool), 0..=1);
    (texts(1), texts(1), texts(3), texts(2), numbers, fractions, flags).prop_map(
        |(name, path, args, more, count, ratio, flag)| {
            Sample::default()
                .with("name", &name)
                .with("path", &path)
                .with("args", &args)
                .with("more", &more)
                .with("count", &count)
                .with("ratio", &ratio)
                .with("flag", &flag)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 400_000, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_agrees_with_the_naive_one(condition in condition(), events in prop::collection::vec(event(), 8)) {
        let text = format!("process where {condition}");
        let Ok(query) = Query::parse(&text, &Fields) else { return Ok(()) };
        for event in &events {
            let expected = naive::holds(&query.tree().condition, event);
            prop_assert_eq!(query.matches(event), expected, "{}\n{}\n{:?}", text, query, event);
        }
    }

    #[test]
    fn names_leave_nothing_out(condition in condition(), events in prop::collection::vec(event(), 8)) {
        let Ok(query) = Query::parse(&format!("process where {condition}"), &Fields) else { return Ok(()) };
        for field in ["name", "args"] {
            let names = query.names(Fields.field(field).expect("it is there"));
            for event in events.iter().filter(|event| query.matches(*event)) {
                let allowed = event.values(field).iter().any(|value| matches!(value, Value::Str(text) if names.allows(text)));
                prop_assert!(allowed || names == crate::eql::Names::All, "{condition} {event:?} {names:?}");
            }
        }
    }

    #[test]
    fn anchors_leave_nothing_out(condition in condition(), events in prop::collection::vec(event(), 8)) {
        let Ok(query) = Query::parse(&format!("process where {condition}"), &Fields) else { return Ok(()) };
        let field = |name| Fields.field(name).expect("it is there");
        let (listed, open) = ([field("name")], [field("args"), field("path"), field("count"), field("flag")]);
        let anchors = query.anchors(Anchoring { listed: &listed, open: &open });
        for event in events.iter().filter(|event| query.matches(*event)) {
            let is_met = match &anchors {
                Anchors::Any => true,
                Anchors::Of(fields) => Anchors::are_met(fields, event),
                Anchors::None => false,
            };
            prop_assert!(is_met, "{condition} {event:?} {anchors:?}");
        }
    }

    #[test]
    fn what_is_printed_parses_to_the_same_tree(condition in condition()) {
        let tree = parse(&format!("process where {condition}")).expect("it is EQL");
        let printed = tree.to_string();
        let again = parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error:?}")))?;
        prop_assert_eq!(tree, again, "{}", printed);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,60}", condition in condition(), cut in any::<prop::sample::Index>()) {
        let mut cut_off: String = format!("any where {condition}");
        let at = cut.index(cut_off.len());
        if cut_off.is_char_boundary(at) {
            cut_off.insert_str(at, &text);
        }
        for text in [format!("process where {text}"), cut_off, text] {
            if let Err(error) = Query::parse(&text, &Fields) {
                prop_assert!(error.line > 0 && error.column > 0 && !error.caret().is_empty());
            }
        }
    }

    #[test]
    fn any_words_are_read_without_a_panic(words in prop::collection::vec(select(
        [NAMES, &["(", ")", "not", "and", "or", "in", "like~", "==", ":", "\"a\"", "1", "-", "*", ",", "where", "process",
         "length(", "|", "null", "`x", "?", "[", "/*", "\"\"\"", ".", "1.5e", "regex"]].concat()), 0..30)) {
        let text = words.join(" ");
        if let Ok(tree) = parse(&text) {
            prop_assert_eq!(parse(&tree.to_string()).expect("it was printed"), tree);
        }
        let _ = Query::parse(&text, &Fields);
    }
}
