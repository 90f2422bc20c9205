//! Records of what followed processes do, whole and broken.

use proptest::prelude::*;

use super::*;

fn bytes(change: impl FnOnce(&mut wire::Deed)) -> Vec<u8> {
    let mut deed = wire::Deed {
        id: 3,
        comm: *b"kubectl\0garbage!",
        ..wire::Deed::default()
    };
    change(&mut deed);
    deed.as_bytes().to_vec()
}

#[test]
fn an_address_is_read_in_the_form_of_its_family() {
    let destination = |family, address: &[u8]| {
        let record = bytes(|deed| {
            deed.kind = DeedKind::Connecting as u32;
            deed.family = family;
            deed.port = 6443_u16.to_be();
            deed.address[..address.len()].copy_from_slice(address);
        });
        match deed(&record, Boot::default()).map(|deed| (deed.comm, deed.what)) {
            Some((comm, What::Connecting(_, destination))) if comm == b"kubectl" => {
                format!("{} {}", destination.address, destination.port)
            }
            other => panic!("{other:?}"),
        }
    };
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    assert_eq!(destination(2, &[10, 0, 0, 1]), "10.0.0.1 6443");
    assert_eq!(destination(INET6, &mapped), "10.0.0.1 6443");
    assert_eq!(destination(INET6, &[0x20, 1]), "2001:: 6443");
}

#[test]
fn a_kernel_without_a_field_is_told_which() {
    let error = has_all(&Offsets::ALL_ABSENT).expect_err("there is none");
    assert!(error.to_string().contains("task_struct.exit_code"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let found = deed(&bytes, Boot::default());
        prop_assert!(found.is_none() || bytes.len() >= size_of::<wire::Deed>());
    }

    #[test]
    fn any_numbers_are_read(kind in 0_u32..6, status in any::<u32>(), time in any::<u64>()) {
        let record = bytes(|deed| (deed.kind, deed.status, deed.boot_ns) = (kind, status, time));
        prop_assert_eq!(deed(&record, Boot::default()).is_some(), (1..5).contains(&kind));
    }
}
