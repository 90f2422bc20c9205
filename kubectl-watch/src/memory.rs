//! What starting took and watching does not need is given back.

use std::fs;

use rustix::mm::{Advice, madvise};

/// Code of a file, from one address to another.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    start: usize,
    end: usize,
}

/// Gives back what is free, and pages of code: most of what starting ran never runs again.
pub fn give_back() {
    give_back_heap();
    give_back_code();
}

/// From now on every large block, too, is given back when it is freed. glibc would keep the 14 MB of the kernel's types
/// for ever, and so those of the largest alert.
fn give_back_heap() {
    #[cfg(target_env = "gnu")]
    {
        const LARGE: libc::c_int = 256 * 1024;
        // SAFETY: both may be called at any time, and move nothing that is in use.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::malloc_trim(0);
        }
    }
}

/// The pages stay in the page cache, from where those come back that are run.
fn give_back_code() {
    let maps = match fs::read_to_string("/proc/self/maps") {
        Ok(maps) => maps,
        Err(error) => {
            tracing::debug!(%error, "keeps all code in memory");
            return;
        }
    };
    for Code { start, end } in maps.lines().filter_map(code) {
        // SAFETY: nobody writes to these pages, so all that is in them is in the file.
        let given_back = unsafe { madvise(start as *mut _, end - start, Advice::LinuxDontNeed) };
        if let Err(error) = given_back {
            tracing::debug!(%error, "keeps code in memory");
        }
    }
}

/// The code in a line of `/proc/PID/maps`.
fn code(line: &str) -> Option<Code> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let is_code = words.next()? == "r-xp" && words.nth(3)?.starts_with('/');
    let address = |text| usize::from_str_radix(text, 16).ok();
    is_code.then_some(Code {
        start: address(start)?,
        end: address(end)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_that_is_in_a_file_and_never_written_is_let_go() {
        let text = "55d0c0e00000-55d0c1240000 r-xp 0012c000 fe:00 4242       /usr/bin/kubectl-watch";
        let found = Code {
            start: 0x55d0_c0e0_0000,
            end: 0x55d0_c124_0000,
        };
        assert_eq!(code(text), Some(found));
        for other in [
            text.replace("r-xp", "r--p"),
            text.replace("r-xp", "rwxp"),
            text.replace("r-xp", "r-xs"),
            text.replace("/usr/bin/kubectl-watch", ""),
            "7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0          [vdso]".into(),
            String::new(),
        ] {
            assert_eq!(code(&other), None, "{other}");
        }
    }
}
