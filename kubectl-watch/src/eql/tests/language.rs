//! The language, row by row: what each construct means to Elasticsearch, on small events.

use super::{Fields, Sample, holds, query};
use crate::eql::{Anchoring, Anchors, Names, Schema, Value};

pub(super) fn sample() -> Sample {
    Sample::default()
        .texts("name", &["Kubectl"])
        .texts("path", &["/tmp/a*b"])
        .texts("args", &["a", "--AS=x", "--token"])
        .with("count", &[Value::Int(7)])
        .with("ratio", &[Value::Float(1.5)])
        .with("flag", &[Value::Bool(true)])
}

/// Conditions on the sample, with what they say.
const ROWS: &[(&str, bool)] = &[
    // Precedence.
    ("true or false and false", true),
    ("(true or false) and false", false),
    ("not false and false", false),
    ("not (false and false)", true),
    ("not name == \"x\" and true", true),
    // == != in: exact, * is plain.
    ("name == \"Kubectl\"", true),
    ("name == \"kubectl\"", false),
    ("name == \"Kube*\"", false),
    ("path == \"/tmp/a*b\"", true),
    ("\"Kubectl\" == name", true),
    ("name != \"x\"", true),
    ("name != \"Kubectl\"", false),
    ("never != \"x\"", true),
    ("more != \"x\"", true),
    ("args != \"a\"", false),
    ("name in (\"a\", \"Kubectl\")", true),
    ("name in (\"a\", \"kubectl\")", false),
    ("name in (\"K*\")", false),
    ("name not in (\"a\")", true),
    ("more not in (\"a\")", true),
    ("more in (\"a\")", false),
    // : and like~.
    ("name : \"KUBE*\"", true),
    ("name : (\"x\", \"kube?tl\")", true),
    ("name : \"kubectl?\"", false),
    ("name : \"kubectl\"", true),
    ("count : 7", true),
    ("count : (1, 7)", true),
    ("count : \"7\"", true),
    ("name like~ \"KUBE*\"", true),
    ("path : \"/tmp/a\\\\*b\"", false),
    ("args : \"--as*\"", true),
    // like.
    ("name like \"Kube*\"", true),
    ("name like \"kube*\"", false),
    ("name like (\"a\", \"?ubectl\")", true),
    // in~ has no wildcards.
    ("name in~ (\"KUBECTL\")", true),
    ("name in~ (\"KUBE*\")", false),
    ("name not in~ (\"KUBECTL\")", false),
    // regex.
    ("name regex \"Kube\"", false),
    ("name regex \"Kube.*\"", true),
    ("name regex \"kube.*\"", false),
    ("name regex~ (\"x\", \"kUbE.+\")", true),
    // Arrays.
    ("args == \"a\" and args == \"--token\"", true),
    ("not args like \"--token*\"", false),
    ("not args like \"--kube*\"", true),
    ("length(args) == 7", true),
    // Missing fields.
    ("more == \"a\"", false),
    ("not more == \"a\"", true),
    ("more < 5", false),
    ("not more < 5", true),
    ("more == null", true),
    ("more != null", false),
    ("name == null", false),
    ("name != null", true),
    ("null == more", true),
    ("null != name", true),
    ("never == null", true),
    ("name in (null)", false),
    ("more in (null)", false),
    ("name < null", false),
    ("length(more) == null", true),
    ("not startsWith(more, \"a\")", true),
    ("null", false),
    ("not null", true),
    ("?nothing == \"a\"", false),
    ("?nothing == null", true),
    ("nothing == null", true),
    // Strings and comments.
    ("name == \"\\u{4b}ubectl\" // the name", true),
    ("name == /* really */ \"\"\"Kubectl\"\"\"", true),
    // Arithmetic.
    ("count + 1 == 8", true),
    ("count * 2 - 4 == 10", true),
    ("count / 2 == 3", true),
    ("-count / 2 == -4", true),
    ("count % 4 == 3", true),
    ("count / 2.0 == 3.5", true),
    ("1 + 2 * 3 == 7", true),
    ("count / 0 == 0", false),
    ("count % 0 != 0", true),
    ("count + 9223372036854775807 > 0", false),
    ("-(-9223372036854775808) == null", true),
    ("-9223372036854775808 / -1 == null", true),
    ("-count == -7", true),
    ("+count == 7", true),
    ("ratio * 2 == 3", true),
    ("name + 1 == null", true),
    // Order.
    ("count > 6 and count >= 7 and count < 8 and count <= 7", true),
    ("6 < count", true),
    ("8 < count", false),
    ("name < \"Z\"", true),
    ("ratio > 1", true),
    // Truth values.
    ("flag", true),
    ("flag == true", true),
    ("not flag", false),
    ("name", false),
    ("(name == \"x\") == false", true),
    // Functions.
    ("length(name) == 7", true),
    ("startsWith(name, \"Kub\")", true),
    ("startsWith(name, \"kub\")", false),
    ("startsWith~(name, \"kUB\")", true),
    ("startsWith(path, \"/tmp/a*\")", true),
    ("startsWith(path, \"/tmp/*\")", false),
    ("endsWith(path, name)", false),
    ("endsWith~(concat(path, name), name)", true),
    ("stringContains(path, \"mp/\")", true),
    ("stringContains~(name, \"BEC\")", true),
    ("wildcard(name, \"x\", \"K*l\")", true),
    ("wildcard~(name, \"k*L\")", true),
    ("wildcard(name, \"k*l\")", false),
    ("concat(name, count) == \"Kubectl7\"", true),
    ("indexOf(name, \"e\") == 3", true),
    ("indexOf~(name, \"E\") == 3", true),
    ("indexOf(name, \"x\") == null", true),
    ("substring(name, 4) == \"ctl\"", true),
    ("substring(name, -3, -1) : \"CT\"", true),
    ("cidrMatch(name, \"10.0.0.0/8\")", false),
    ("concat(\"a\", \"b\") == \"ab\"", true),
    ("startsWith(args, \"--to\")", true),
    ("startsWith(args, \"--to\") == true", true),
    ("concat(args, \"!\") == \"a!\"", true),
];

#[test]
fn each_row_of_the_language() {
    let event = sample();
    for (condition, expected) in ROWS {
        assert_eq!(holds(condition, &event), *expected, "{condition}");
    }
    assert!(holds(
        "cidrMatch(name, \"fd00::/8\", \"10.0.0.0/8\")",
        &Sample::default().texts("name", &["10.1.2.3"])
    ));
    assert!(holds(
        "length(name) == 2",
        &Sample::default().with("name", &[Value::Str(b"\xff\xfe")])
    ));
    assert!(query("any where true").matches(&event));
    assert!(query("\"process\" where true").matches(&event));
}

#[test]
fn what_is_known_beforehand_is_worked_out() {
    let read = |text: &str| query(text).fields().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(read("process where os == \"linux\" and name == \"x\""), ["name"]);
    assert_eq!(
        read("process where concat(os, \"x\") == \"linuxx\" and flag"),
        ["flag"]
    );
    assert_eq!(read("process where never == \"x\" or count > 1"), ["count"]);
    assert!(read("process where os != \"linux\" or true").is_empty());
    for (condition, reason) in [
        (
            "os == \"windows\" and name == \"x\"",
            Some("os is always \"linux\" here"),
        ),
        (
            "name == \"x\" and never : \"y*\"",
            Some("never is not filled by this sensor"),
        ),
        ("nothing == \"y\"", Some("nothing is no field that is known here")),
        (
            "os == \"macos\" or never == 1",
            Some("os is always \"linux\" here, never is not filled by this sensor"),
        ),
        ("not os == \"linux\"", Some("os is always \"linux\" here")),
        ("length(never) > 1", Some("never is not filled by this sensor")),
        ("false", Some("its condition is never true")),
        ("never == null", None),
        ("name == \"x\" and not never == \"y\"", None),
    ] {
        let query = query(&format!("process where {condition}"));
        assert_eq!(query.impossible().as_deref(), reason, "{condition}");
    }
}

#[test]
fn names_are_what_a_query_can_need() {
    let field = Fields.field("name").expect("it is there");
    let exact = |names: &[&str]| Names::Exact(names.iter().map(|name| name.as_bytes().to_vec()).collect());
    for (condition, expected) in [
        ("name == \"A\"", exact(&["a"])),
        ("name : (\"a\", \"B\")", exact(&["a", "b"])),
        ("name in~ (\"a\", \"b\") and name == \"a\"", exact(&["a"])),
        ("name == \"a\" and flag", exact(&["a"])),
        ("name == \"a\" or path == \"b\"", Names::All),
        ("name == \"a\" or name like \"B\" and flag", exact(&["a", "b"])),
        ("not name == \"a\"", Names::All),
        ("not (name != \"a\" or flag)", exact(&["a"])),
        ("not (name != \"a\" and name != \"b\")", exact(&["a", "b"])),
        ("name != null", Names::All),
        ("name == null", Names::All),
        ("name regex \"a\"", Names::All),
        ("name == 7", exact(&["7"])),
        ("name == \"a\" and false", Names::None),
        ("true", Names::All),
        ("startsWith(name, \"a\") and name == \"b\"", exact(&["b"])),
    ] {
        assert_eq!(
            query(&format!("process where {condition}")).names(field),
            expected,
            "{condition}"
        );
    }
    let globs = query("process where name : (\"py*\", \"Ruby\")").names(field);
    assert!(globs.allows(b"Python3") && globs.allows(b"RUBY") && !globs.allows(b"perl"));
    assert!(matches!(globs, Names::Globs(..)));
}

#[test]
fn one_field_of_several_anchors_a_query() {
    let field = |name: &str| Fields.field(name).expect("it is there");
    let exact = |names: &[&str]| Names::Exact(names.iter().map(|name| name.as_bytes().to_vec()).collect());
    let (listed, open) = ([field("name")], [field("path"), field("count")]);
    let anchoring = Anchoring {
        listed: &listed,
        open: &open,
    };
    let of = |anchors: &[(&str, Names)]| {
        let anchors = anchors.iter().map(|(name, names)| (field(name), names.clone()));
        Anchors::Of(anchors.collect())
    };
    for (condition, expected) in [
        ("name == \"A\"", of(&[("name", exact(&["a"]))])),
        (
            "name == \"a\" or path == \"b\"",
            of(&[("name", exact(&["a"])), ("path", exact(&["b"]))]),
        ),
        // A list of names costs the kernel less.
        (
            "name in (\"a\", \"c\") and path == \"b\"",
            of(&[("name", exact(&["a", "c"]))]),
        ),
        ("name : \"a*\" and path == \"b\"", of(&[("path", exact(&["b"]))])),
        ("path != null", of(&[("path", Names::All)])),
        ("count > 1", of(&[("count", Names::All)])),
        ("path == null", Anchors::Any),
        ("not path == \"b\"", Anchors::Any),
        (
            "name != \"a\" and not (path != \"b\" or flag)",
            of(&[("path", exact(&["b"]))]),
        ),
        ("name : \"a*\"", Anchors::Any),
        ("name == \"a\" or flag", Anchors::Any),
        (
            "path == \"b\" or path == \"c\" or count == 7",
            of(&[("path", exact(&["b", "c"])), ("count", exact(&["7"]))]),
        ),
        ("path == \"b\" and false", Anchors::None),
    ] {
        let query = query(&format!("process where {condition}"));
        assert_eq!(query.anchors(anchoring), expected, "{condition}");
    }
}

#[test]
fn reasons_are_the_values_that_met_a_test() {
    let query = query(
        "process where (name like \"K*\" or name == \"x\") and args like~ (\"--as*\", \"--token\") and \
         not path == \"x\" and count == 7 and os == \"linux\"",
    );
    let mut reasons: Vec<_> = query
        .reasons(&sample())
        .into_iter()
        .map(|reason| (reason.field, reason.value))
        .collect();
    reasons.sort();
    let expected = [
        ("args", "--AS=x"),
        ("args", "--token"),
        ("count", "7"),
        ("name", "Kubectl"),
    ];
    assert_eq!(
        reasons,
        expected.map(|(field, value)| (field, value.as_bytes().to_vec()))
    );
}
