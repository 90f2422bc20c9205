//! The kernel's description of its own types: BTF in, the offset of a field out.
//!
//! It knows the file format and nothing of what the fields are for. The format is described in
//! `Documentation/bpf/btf.rst` of Linux; the file is `/sys/kernel/btf/vmlinux` since Linux 5.4.

use std::collections::HashMap;

use thiserror::Error;

const MAGIC: u16 = 0xeb9f;
/// Types that only wrap another: typedef, volatile, const, restrict, type tag.
const WRAPPERS: [u32; 5] = [8, 9, 10, 11, 18];
/// A structure, as the format numbers it.
pub(super) const STRUCT: u32 = 4;
const UNION: u32 = 5;
/// A function.
pub(super) const FUNCTION: u32 = 12;
/// How deep anonymous structures and wrappers may nest. The kernel's own nest less than ten deep.
const MAX_DEPTH: u32 = 32;
/// Members that are looked at for one field. The kernel's largest structure has some hundred; one whose anonymous
/// members hold itself, twice, would have no end.
const MAX_MEMBERS: u32 = 1 << 13;
/// Bytes of a name; the kernel's own are shorter (`KSYM_NAME_LEN`). Damaged strings may have no end.
const MAX_NAME: usize = 512;

/// What is wrong with a BTF file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BtfError {
    /// It begins with something else.
    #[error("it is not BTF of this machine's byte order")]
    NotBtf,
    /// It ends in the middle of something.
    #[error("it is cut off or damaged at byte {0}")]
    Damaged(usize),
    /// It has a kind of type that was not known when this was written.
    #[error("it has a type of the unknown kind {0}")]
    UnknownKind(u32),
}

/// A parsed BTF file.
pub(super) struct Btf<'a> {
    types: &'a [u8],
    strings: &'a [u8],
    /// Where each type begins in `types`; type 1 is the first.
    starts: Vec<u32>,
    /// Structures and unions by name.
    structs: HashMap<&'a [u8], u32>,
}

/// One type: its kind, how many members follow, and what its size or target is.
struct Type {
    kind: u32,
    members: u32,
    has_bitfields: bool,
    size_or_target: u32,
    body: usize,
}

impl<'a> Btf<'a> {
    /// Reads the whole table of types.
    pub(super) fn parse(file: &'a [u8]) -> Result<Self, BtfError> {
        if file.get(..2) != Some(&MAGIC.to_ne_bytes()) {
            return Err(BtfError::NotBtf);
        }
        // Newer kernels have a longer header, so where it ends is asked and not assumed.
        let header = word(file, 4)?;
        let section = |at| -> Result<&'a [u8], BtfError> {
            let start = header.checked_add(word(file, at)?).ok_or(BtfError::Damaged(at))? as usize;
            let len = word(file, at + 4)? as usize;
            let end = start.checked_add(len).ok_or(BtfError::Damaged(at))?;
            file.get(start..end).ok_or(BtfError::Damaged(at))
        };
        let mut btf = Self {
            types: section(8)?,
            strings: section(16)?,
            starts: Vec::new(),
            structs: HashMap::new(),
        };
        let mut at = 0;
        while at < btf.types.len() {
            btf.starts
                .push(u32::try_from(at).map_err(|_| BtfError::Damaged(at))?);
            let id = u32::try_from(btf.starts.len()).map_err(|_| BtfError::Damaged(at))?;
            let this = btf.type_at(at)?;
            if this.kind == STRUCT || this.kind == UNION {
                btf.structs.entry(btf.string(word(btf.types, at)?)).or_insert(id);
            }
            at = this.body + body_len(this.kind, this.members)?;
        }
        Ok(btf)
    }

    /// Bytes from the start of a structure to a field, which may be a path through structures (`ns.inum`).
    pub(super) fn offset(&self, structure: &str, field: &str) -> Option<u32> {
        let mut id = *self.structs.get(structure.as_bytes())?;
        let mut offset: u32 = 0;
        for name in field.split('.') {
            let (bytes, member) = self.member(id, name.as_bytes(), 0, &mut { MAX_MEMBERS })?;
            offset = offset.checked_add(bytes)?;
            id = member;
        }
        Some(offset)
    }

    /// Bytes of a structure.
    pub(super) fn size(&self, structure: &str) -> Option<u32> {
        let id = *self.structs.get(structure.as_bytes())?;
        Some(self.by_id(id)?.size_or_target)
    }

    /// The number of the first type of a kind that is called so.
    pub(super) fn id(&self, kind: u32, name: &str) -> Option<u32> {
        let mut ids = (1_u32..).zip(&self.starts);
        let found = ids.find(|(_, start)| {
            let at = **start as usize;
            let is_kind = self.type_at(at).is_ok_and(|this| this.kind == kind);
            is_kind && word(self.types, at).is_ok_and(|at| self.string(at) == name.as_bytes())
        });
        found.map(|(id, _)| id)
    }

    /// The offset and type of a member, looked for in anonymous members too.
    fn member(&self, id: u32, name: &[u8], depth: u32, left: &mut u32) -> Option<(u32, u32)> {
        let this = self.unwrapped(id)?;
        if depth > MAX_DEPTH || (this.kind != STRUCT && this.kind != UNION) {
            return None;
        }
        for index in 0..this.members as usize {
            *left = left.checked_sub(1)?;
            let at = this.body + index * 12;
            let [name_at, member, place] = [0, 4, 8].map(|field| word(self.types, at + field));
            let (name_at, member, place) = (name_at.ok()?, member.ok()?, place.ok()?);
            // With bitfields the upper byte is a width; a field that is one is not for us.
            let bits = if this.has_bitfields {
                place & 0x00ff_ffff
            } else {
                place
            };
            let is_bitfield = this.has_bitfields && place >> 24 != 0;
            let member_name = self.string(name_at);
            if member_name == name && !is_bitfield {
                return Some((bits / 8, member));
            }
            if member_name.is_empty()
                && let Some((bytes, found)) = self.member(member, name, depth + 1, left)
            {
                return Some(((bits / 8).checked_add(bytes)?, found));
            }
        }
        None
    }

    /// A type without its typedefs and qualifiers.
    fn unwrapped(&self, mut id: u32) -> Option<Type> {
        for _ in 0..MAX_DEPTH {
            let this = self.by_id(id)?;
            if !WRAPPERS.contains(&this.kind) {
                return Some(this);
            }
            id = this.size_or_target;
        }
        None
    }

    fn by_id(&self, id: u32) -> Option<Type> {
        let start = *self.starts.get(id.checked_sub(1)? as usize)?;
        self.type_at(start as usize).ok()
    }

    fn type_at(&self, at: usize) -> Result<Type, BtfError> {
        let info = word(self.types, at + 4)?;
        Ok(Type {
            kind: info >> 24 & 0x1f,
            members: info & 0xffff,
            has_bitfields: info >> 31 == 1,
            size_or_target: word(self.types, at + 8)?,
            body: at + 12,
        })
    }

    /// A name; empty where the type has none or the file is damaged.
    fn string(&self, at: u32) -> &'a [u8] {
        let rest = self.strings.get(at as usize..).unwrap_or_default();
        let rest = &rest[..rest.len().min(MAX_NAME)];
        rest.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}

/// Bytes that follow the 12 of every type.
fn body_len(kind: u32, members: u32) -> Result<usize, BtfError> {
    let members = members as usize;
    Ok(match kind {
        1 | 14 | 17 => 4,
        2 | 7..=12 | 16 | 18 => 0,
        3 => 12,
        4 | 5 | 15 | 19 => members * 12,
        6 | 13 => members * 8,
        _ => return Err(BtfError::UnknownKind(kind)),
    })
}

fn word(bytes: &[u8], at: usize) -> Result<u32, BtfError> {
    let four = bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(BtfError::Damaged(at))?;
    Ok(u32::from_ne_bytes(*four))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file with `struct outer { int first; const struct { union { int a; int wanted; }; } inner; int; }`,
    /// and a header as long as wanted.
    fn file(header_len: usize) -> Vec<u8> {
        let strings = b"\0outer\0first\0inner\0wanted\0int\0";
        let at = |name: &str| {
            let found = strings
                .windows(name.len() + 1)
                .position(|it| it == [name.as_bytes(), b"\0"].concat());
            u32::try_from(found.expect("it is there")).expect("it is short")
        };
        let info = |kind: u32, members: u32| kind << 24 | members;
        let types: Vec<u32> = [
            &[at("int"), info(1, 0), 4, 32][..],
            &[0, info(5, 2), 4, 0, 1, 0, at("wanted"), 1, 0],
            &[0, info(4, 1), 8, 0, 2, 32],
            &[0, info(10, 0), 3],
            &[at("outer"), info(4, 2), 16, at("first"), 1, 0, at("inner"), 4, 64],
        ]
        .concat();
        let len = |count: usize| u32::try_from(count).expect("it is short");
        let types: Vec<u8> = types.into_iter().flat_map(u32::to_ne_bytes).collect();
        let mut file = MAGIC.to_ne_bytes().to_vec();
        file.extend([1, 0]);
        for field in [
            len(header_len),
            0,
            len(types.len()),
            len(types.len()),
            len(strings.len()),
        ] {
            file.extend(field.to_ne_bytes());
        }
        file.resize(header_len, 0);
        [file, types, strings.to_vec()].concat()
    }

    #[test]
    fn a_field_is_found_through_qualifiers_and_anonymous_members() {
        for header_len in [24, 32] {
            let file = file(header_len);
            let btf = Btf::parse(&file).expect("it is whole");
            assert_eq!(btf.offset("outer", "first"), Some(0));
            assert_eq!(btf.offset("outer", "inner"), Some(8));
            assert_eq!(btf.offset("outer", "inner.wanted"), Some(12));
            assert_eq!(btf.size("outer"), Some(16));
            assert_eq!(btf.id(STRUCT, "outer"), Some(5));
            assert_eq!((btf.id(FUNCTION, "outer"), btf.id(STRUCT, "int")), (None, None));
            for (structure, field) in [("outer", "none"), ("none", "first"), ("outer", "first.deeper")] {
                assert_eq!(btf.offset(structure, field), None, "{structure}.{field}");
            }
        }
    }

    #[test]
    fn a_structure_that_holds_itself_has_no_field_that_it_does_not_name() {
        for seed in ["member-of-itself", "two-members-of-itself", "typedef-of-itself"] {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/btf/").to_owned() + seed;
            let file = std::fs::read(path).expect("it is a seed");
            let btf = Btf::parse(&file).expect("it is whole");
            assert_eq!(btf.offset("outer", "wanted"), None, "{seed}");
        }
    }

    #[test]
    fn what_is_not_btf_is_said_to_be_none() {
        assert_eq!(Btf::parse(b"\x7fELF").err(), Some(BtfError::NotBtf));
        assert_eq!(Btf::parse(b"").err(), Some(BtfError::NotBtf));
        let whole = file(24);
        assert!(matches!(
            Btf::parse(&whole[..60]).err(),
            Some(BtfError::Damaged(_))
        ));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0_usize..160, value in any::<u8>(), len in 0_usize..200) {
            let mut file = file(24);
            let at = at % file.len();
            file[at] = value;
            file.truncate(len.max(2));
            if let Ok(btf) = Btf::parse(&file) {
                let _found = (
                    btf.offset("outer", "inner.wanted"),
                    btf.size("outer"),
                    btf.id(STRUCT, "outer"),
                );
            }
        }
    }
}
