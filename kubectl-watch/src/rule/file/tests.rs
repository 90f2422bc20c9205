//! Rule files, right and wrong.

use super::*;
use crate::event::field::ProcessSchema;

fn ours(query: &str) -> String {
    format!(
        "format = 1\n[rule]\nrule_id = \"1\"\nname = \"A\"\ndescription = \"d\"\nseverity = \"high\"\nrisk_score = 73\n\
         query = '''\n{query}\n'''\n"
    )
}

fn fault(text: &str) -> RuleError {
    Rule::from_toml(text, &ProcessSchema).expect_err(text)
}

#[test]
fn the_public_layout_is_read_with_what_it_has_besides() {
    let rule = Rule::from_toml(
        r#"
        [metadata]
        maturity = "production"
        [rule]
        rule_id = "x"
        name = "X"
        note = "Look."
        severity = "medium"
        risk_score = 47
        type = "eql"
        language = "eql"
        max_signals = 33
        query = "process where process.name == \"x\""
        [rule.alert_suppression]
        group_by = ["host.name"]
        [[rule.threat]]
        framework = "MITRE ATT&CK"
        [rule.threat.tactic]
        id = "TA0006"
        name = "Credential Access"
        reference = "r"
        "#,
        &ProcessSchema,
    )
    .expect("a rule");
    let metadata = rule.metadata;
    assert_eq!(
        (metadata.version, metadata.risk_score, metadata.severity),
        (1, 47, Severity::Medium)
    );
    assert_eq!(metadata.investigation.as_deref(), Some("Look."));
    assert_eq!(metadata.threat[0].tactic.id, "TA0006");
    assert!(metadata.threat[0].technique.is_empty());
}

#[test]
fn a_query_error_is_shown_where_it_stands_in_the_file() {
    let error = fault(&ours("process where\n  process.name = \"x\""));
    let shown =
        "A: line 10, column 16: `=` is written `==` in EQL\n      process.name = \"x\"\n                   ^";
    assert_eq!(error.to_string(), shown);
    assert!(!error.may_be_skipped());
    let escaped = ours("").replace("query = '''\n\n'''", "query = \"process\\nwhere a = 1\"");
    assert!(
        fault(&escaped)
            .to_string()
            .contains("line 2, column 9 of the query: ")
    );
}

#[test]
fn mistakes_in_our_format_are_named_with_their_place() {
    let good = ours("process where true");
    for (text, line, part) in [
        (good.replace("name =", "nmae ="), 4, "rule.nmae"),
        (format!("{good}[rule.thread]\n"), 11, "rule.thread"),
        (
            format!("{good}[[rule.threat]]\ntatcic = {{}}\n"),
            12,
            "rule.threat[].tatcic",
        ),
        (
            good.replace("risk_score = 73\n", ""),
            2,
            "rule.risk_score is missing",
        ),
        (good.replace("73", "101"), 7, "at most 100"),
        (good.replace("high", "awful"), 6, "awful"),
        (good.replace("format = 1", "format = 2"), 1, "format 1"),
        (good.replace("rule_id = \"1\"\n", ""), 2, "rule_id"),
        (good.replace("[rule]", "[rule"), 2, ""),
    ] {
        let error = fault(&text);
        let Fault::File { message, place } = &error.fault else {
            panic!("{error}")
        };
        assert_eq!(place.line, line, "{error}");
        assert!(message.contains(part), "{error}");
        assert!(!error.may_be_skipped(), "{error}");
    }
}

#[test]
fn rules_for_others_may_be_skipped_and_say_why() {
    let theirs = |query: &str| ours(query).replace("format = 1\n", "");
    for (text, reason) in [
        (
            ours("process where host.os.type == \"windows\""),
            "it can never match: host.os.type is always \"linux\" here",
        ),
        (
            ours("process where process.hash.md5 : \"a\" and process.name == \"b\""),
            "it can never match: process.hash.md5 is not filled by this sensor",
        ),
        (
            ours("").replace("rule_id", "type = \"threshold\"\nrule_id"),
            "it is of type threshold, and only eql is supported",
        ),
        (
            theirs("file where true"),
            "this sensor sees only process starts, so `file where` never matches",
        ),
        (
            theirs("sequence [a where true]"),
            "`sequence` relates several events; here each event is judged alone",
        ),
        (
            theirs("process where"),
            "line 9, column 1: expected a field, a constant, a function or `(`, found the end of the query",
        ),
    ] {
        let error = fault(&text);
        assert!(error.may_be_skipped(), "{error}");
        assert_eq!(error.reason(), reason);
        assert_eq!(error.name.as_deref(), Some("A"));
    }
}

#[test]
fn the_example_in_the_manual_is_a_rule() {
    let manual = include_str!("../../../../docs/rules.md");
    let example = manual
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example");
    let rule = Rule::from_toml(example, &ProcessSchema).unwrap_or_else(|error| panic!("{error}"));
    assert!(rule.query.warnings().is_empty() && rule.query.unfilled().is_empty());
}

#[test]
fn the_manual_names_every_field_and_no_other() {
    let manual = include_str!("../../../../docs/rules.md");
    let section = manual
        .split("## Fields")
        .nth(1)
        .and_then(|rest| rest.split("\n##").next())
        .expect("a section");
    for field in ProcessSchema.filled() {
        let (_, last) = field.rsplit_once('.').expect("a dot");
        assert!(section.contains(last), "{field}");
    }
    let written = section.split('`').skip(1).step_by(2);
    for name in written.filter(|name| {
        name.starts_with(char::is_alphabetic) && name.contains('.') && !name.contains(['{', '*'])
    }) {
        assert!(ProcessSchema.field(name).is_some(), "{name}");
    }
}
