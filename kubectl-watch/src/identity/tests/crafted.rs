//! ELF files of both sizes and orders of bytes, made by hand, with what no program on the machine has.

use super::*;

/// Where the writable data lies in the file, and in memory.
const OFFSET: u64 = 0x1000;
const ADDRESS: u64 = 0x40_0000;
const SENTINEL: [u8; 16] = [0xf9; 16];

#[derive(Clone, Copy, Debug)]
struct Form {
    is_64: bool,
    is_big: bool,
}

const FORMS: [Form; 4] = [
    Form {
        is_64: true,
        is_big: false,
    },
    Form {
        is_64: true,
        is_big: true,
    },
    Form {
        is_64: false,
        is_big: false,
    },
    Form {
        is_64: false,
        is_big: true,
    },
];

impl Form {
    fn number(self, number: u64, width: usize) -> Vec<u8> {
        let bytes = number.to_be_bytes();
        let mut bytes = bytes[8 - width..].to_vec();
        if !self.is_big {
            bytes.reverse();
        }
        bytes
    }

    fn word(self, number: u64) -> Vec<u8> {
        self.number(number, if self.is_64 { 8 } else { 4 })
    }
}

/// An ELF file with one segment of writable data.
fn elf(form: Form, data: &[u8]) -> Vec<u8> {
    let header = if form.is_64 { 64 } else { 52 };
    let entry = if form.is_64 { 56 } else { 32 };
    let mut file = b"\x7fELF".to_vec();
    file.extend([if form.is_64 { 2 } else { 1 }, if form.is_big { 2 } else { 1 }, 1]);
    file.resize(16, 0);
    file.extend(form.number(2, 2));
    file.extend(form.number(62, 2));
    file.extend(form.number(1, 4));
    file.extend(form.word(ADDRESS));
    file.extend(form.word(header));
    file.extend(form.word(0));
    for (number, width) in [(0, 4), (header, 2), (entry, 2), (1, 2), (0, 2), (0, 2), (0, 2)] {
        file.extend(form.number(number, width));
    }
    let length = data.len() as u64;
    file.extend(form.number(1, 4));
    if form.is_64 {
        file.extend(form.number(6, 4));
    }
    for number in [OFFSET, ADDRESS, ADDRESS, length, length] {
        file.extend(form.word(number));
    }
    if !form.is_64 {
        file.extend(form.number(6, 4));
    }
    file.extend(form.word(16));
    file.resize(usize::try_from(OFFSET).expect("small"), 0);
    file.extend(data);
    file
}

fn modules(text: &str) -> Vec<u8> {
    [&SENTINEL[..], text.as_bytes(), &SENTINEL[..]].concat()
}

fn text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut length = text.len();
    while length > 0x7f {
        out.push(u8::try_from(length & 0x7f).expect("7 bits") | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).expect("7 bits"));
    out.extend(text);
    out
}

/// Build information as Go 1.18 and newer write it.
fn inline(version: &str, modules: &[u8]) -> Vec<u8> {
    let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
    data.resize(32, 0);
    data.extend(text(version.as_bytes()));
    data.extend(text(modules));
    data
}

/// The same as before Go 1.18: pointers to string headers. It stands at this place of the data.
fn pointed(form: Form, at: u64, version: &str, modules: &[u8]) -> Vec<u8> {
    let width = if form.is_64 { 8 } else { 4 };
    let strings = at + 32;
    let texts = strings + 4 * width;
    let mut data = b"\xff Go buildinf:".to_vec();
    data.push(u8::try_from(width).expect("small"));
    data.push(form.is_big.into());
    data.extend(form.word(ADDRESS + strings));
    data.extend(form.word(ADDRESS + strings + 2 * width));
    data.resize(32, 0);
    data.extend(form.word(ADDRESS + texts));
    data.extend(form.word(version.len() as u64));
    data.extend(form.word(ADDRESS + texts + version.len() as u64));
    data.extend(form.word(modules.len() as u64));
    data.extend(version.as_bytes());
    data.extend(modules);
    data
}

fn kubectl_by(version: &str) -> Go {
    Go {
        version: version.into(),
        path: b"k8s.io/kubectl/cmd/kubectl".to_vec(),
        module: b"k8s.io/kubectl".to_vec(),
        module_version: b"v0.20.1".to_vec(),
    }
}

const MODULES: &str = "path\tk8s.io/kubectl/cmd/kubectl\nmod\tk8s.io/kubectl\tv0.20.1\th1:x=\ndep\texample.com/y\tv1\npath\tz\n";

#[test]
fn both_forms_of_build_information_in_every_form_of_elf() {
    let modules = modules(MODULES);
    for form in FORMS {
        for before in [0, 16, 4096, 5 * 4096 + 48, (1 << 20) + 16] {
            let mut data = vec![0xff; before];
            data.extend(inline("go1.22.1", &modules));
            let found = identity(&elf(form, &data));
            assert_eq!(found.go, Some(kubectl_by("go1.22.1")), "{form:?} {before}");
            assert_eq!((tool(&found), found.kind), (BY_BUILD_INFO, Kind::ElfStatic));

            let mut data = vec![0; before];
            data.extend(pointed(form, before as u64, "go1.15.8", &modules));
            let found = identity(&elf(form, &data));
            assert_eq!(found.go, Some(kubectl_by("go1.15.8")), "{form:?} {before}");
        }
    }
}

#[test]
fn a_builder_that_left_out_the_modules_left_the_version() {
    for form in FORMS {
        for data in [
            inline("go1.23.1 X:nocoverageredesign", b""),
            pointed(form, 0, "devel +a1b2", b""),
        ] {
            let go = identity(&elf(form, &data)).go.expect("it has a version");
            assert!(
                !go.version.is_empty() && go.path.is_empty() && go.module.is_empty(),
                "{go:?}"
            );
        }
    }
}

#[test]
fn a_false_mark_does_not_hide_the_true_one() {
    let form = FORMS[0];
    let mut data = inline("no version", b"");
    data.resize(256, 0);
    // Not at a multiple of 16, where no linker puts it.
    data.extend([0; 8]);
    data.extend(inline("go1.1", &modules("path\tx\n")));
    data.resize(512, 0);
    data.extend(inline("go1.22.1", &modules(MODULES)));
    assert_eq!(identity(&elf(form, &data)).go, Some(kubectl_by("go1.22.1")));
}

#[test]
fn a_search_has_an_end() {
    let form = FORMS[0];
    let far = |before: usize| {
        let mut data = vec![0; before];
        data.extend(inline("go1.22.1", b""));
        identity(&elf(form, &data)).go.is_some()
    };
    assert!(far(4 * 1024 * 1024 - 4096));
    assert!(!far(4 * 1024 * 1024));
}

#[test]
fn long_texts_are_kept_as_far_as_they_make_sense() {
    let long = "p".repeat(100_000);
    let text = format!("path\t{long}\nmod\t{long}\t{long}\n");
    let go = identity(&elf(FORMS[0], &inline("go1.22.1", &modules(&text))))
        .go
        .expect("it is there");
    assert_eq!((go.path.len(), go.module.len()), (512, 0));
}

#[test]
fn a_packed_program_is_said_to_be_one() {
    let mut file = elf(FORMS[0], &[0; 600]);
    assert_eq!(identity(&file).packed, None);
    let end = file.len();
    file[end - 36..end - 32].copy_from_slice(b"UPX!");
    assert_eq!(identity(&file).packed, Some("upx"));
    file[end - 36] = 0;
    file[0x98..0x9c].copy_from_slice(b"UPX!");
    assert_eq!(identity(&file).packed, Some("upx"));
}
