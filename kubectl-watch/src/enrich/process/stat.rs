//! What stands in a process's `stat` and `status`.

/// The effective user in a `/proc/PID/status`.
pub(in crate::enrich) fn effective_user(status: &[u8]) -> Option<u32> {
    let mut lines = status.split(|&byte| byte == b'\n');
    let ids = lines.find_map(|line| line.strip_prefix(b"Uid:\t"))?;
    let id = ids.split(|&byte| byte == b'\t').nth(1)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// When a process was made, in ticks since boot.
pub(in crate::enrich) fn start_ticks(stat: &[u8]) -> Option<u64> {
    field(stat, 22)?.parse().ok()
}

/// A field of `/proc/PID/stat` behind the name, by its number in `proc(5)`. The name in field 2 may hold anything, so
/// the count begins after its last parenthesis.
pub(super) fn field(stat: &[u8], number: usize) -> Option<&str> {
    let after_name = stat.rsplit(|&byte| byte == b')').next()?;
    let field = after_name
        .split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty())
        .nth(number.checked_sub(3)?)?;
    std::str::from_utf8(field).ok().map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_move_the_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        for name in ["bash", "a) S 9 9 (b", ") ) )"] {
            assert_eq!(
                start_ticks(format!("7 ({name}) {rest}").as_bytes()),
                Some(4711),
                "{name}"
            );
        }
        assert_eq!(start_ticks(b"7 (bash) S 1"), None);
        assert_eq!(start_ticks(b""), None);
    }

    #[test]
    fn the_effective_user_is_the_second_of_four() {
        assert_eq!(
            effective_user(b"Name:\tUid:\t9\nUid:\t1000\t0\t7\t8\nGid:\t1\n"),
            Some(0)
        );
        assert_eq!(effective_user(b"Uid:\t1000\n"), None);
    }
}
