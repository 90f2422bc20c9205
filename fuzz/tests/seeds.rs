//! Every seed through its target, and what a fuzzer is too small-minded to make: inputs that are large.

use std::fs;
use std::path::Path;

use kubectl_watch_fuzz::{argv, btf, elf, eql, node, record, rule};

/// A target by its name, which is the name of its seeds' folder.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 7] = [
    ("argv", argv::run),
    ("btf", btf::run),
    ("elf", elf::run),
    ("eql", eql::run),
    ("node", node::run),
    ("record", record::run),
    ("rule", rule::run),
];

/// Bytes of a large input.
const LARGE: usize = 200_000;

#[test]
fn every_seed_passes() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (name, target) in TARGETS {
        let folder = fs::read_dir(seeds.join(name)).expect("a target has seeds");
        let mut count = 0;
        for seed in folder {
            let seed = seed.expect("it can be listed").path();
            target(&fs::read(&seed).expect("it can be read"));
            count += 1;
        }
        assert!(count > 2, "{name} has few seeds");
    }
}

/// Whatever the text, it is answered: deep nesting is refused before the stack ends, and nothing grows by more
/// than its length.
#[test]
fn large_queries_are_answered() {
    let repeated = |before: &str, part: &str, after: &str| {
        format!("{before}{}{after}", part.repeat(LARGE / part.len())).into_bytes()
    };
    for query in [
        repeated("process where ", "(", ""),
        repeated("process where ", "not ", "true"),
        repeated("process where ", "-", "1 == 1"),
        repeated("process where ", "+", "1 == 1"),
        repeated("process where true", " and true", ""),
        repeated("process where process.pid == 1", " + 1", ""),
        repeated("process where process.pid == 1", " or process.pid != 1", ""),
        repeated("process where ", "concat(", ""),
        repeated("process where process.name in (\"a\"", ", \"a\"", ")"),
        repeated("process where process.name : (\"a*b\"", ", \"?*c\"", ")"),
        repeated(
            "process where concat(process.name",
            ", process.name",
            ") == \"x\"",
        ),
        repeated("process where process.name : \"", "*a", "\""),
        repeated("process where process.name regex \"", "(a|b)*", "\""),
        repeated("process where process.name regex \"", "(", "\""),
        repeated("process where process.name regex \"", "[a-z]{9}", "\""),
        repeated("process where process.name == \"", "\\t", "\""),
        repeated("process where /*", "*", ""),
        repeated("`", "a.", "`"),
    ] {
        eql::run(&query);
    }
}

#[test]
fn large_rule_files_are_answered() {
    for (before, part) in [
        ("a = ", "["),
        ("a = ", "{a="),
        ("a", ".a"),
        ("", "[a.b]\n"),
        ("", "[[a]]\n"),
        ("[rule]\nquery = '''", "process where "),
        ("[rule]\nquery = \"", "\\u0000"),
        ("#", "#"),
    ] {
        rule::run((before.to_owned() + &part.repeat(LARGE / part.len())).as_bytes());
    }
}

#[test]
fn large_arguments_become_an_alert() {
    for part in [
        "a\0",
        "--token\0",
        "--token=x\0",
        "--\0",
        "a=b,",
        "'\"",
        "$(",
        "\x1b[",
        "eyJ.eyJ.e",
        "https://a:b@",
    ] {
        argv::run(part.repeat(LARGE / part.len()).as_bytes());
    }
}

/// Tables of as many entries as a header can name, all of them over each other and over the whole file.
#[test]
fn large_programs_are_answered() {
    let mut file = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/elf/go-64")).expect("a seed");
    let entry = file[64..120].to_vec();
    while file.len() < LARGE {
        file.extend_from_slice(&entry);
    }
    for (count, entries) in [(56, 0xffff_u16), (60, 0xffff)] {
        file[count..count + 2].copy_from_slice(&entries.to_le_bytes());
        // The sections lie where the segments do.
        file[40..48].copy_from_slice(&64_u64.to_le_bytes());
        file[58..60].copy_from_slice(&64_u16.to_le_bytes());
        elf::run(&file);
    }
    elf::run(&b"\xff Go buildinf:\x08\x02".repeat(LARGE / 16));
    elf::run(&b"kubectl/pkg/cmd/".repeat(LARGE / 16));
}
