//! Runs a program in place while another thread rewrites its last argument, over and over:
//! `exec-while-rewriting PROGRAM`. The program is given `-- /proc/self/cmdline` before that argument.

use std::{
    env,
    ffi::{CStr, CString, c_char},
    hint,
    os::unix::ffi::OsStringExt,
    ptr,
    sync::atomic::{AtomicBool, AtomicU8, Ordering},
    thread,
};

const FORMS: [&[u8; 14]; 2] = [b"--as=impostor\0", b"--namespace=x\0"];
static LAST: [AtomicU8; 14] = [const { AtomicU8::new(0) }; 14];
static BEGUN: AtomicBool = AtomicBool::new(false);

fn write(form: &[u8; 14]) {
    for (byte, new) in LAST.iter().zip(form) {
        byte.store(*new, Ordering::Relaxed);
    }
}

fn main() {
    let program = env::args_os().nth(1).map(OsStringExt::into_vec);
    let Some(program) = program.and_then(|program| CString::new(program).ok()) else {
        eprintln!("usage: exec-while-rewriting PROGRAM");
        std::process::exit(2);
    };
    write(FORMS[0]);
    thread::spawn(|| {
        loop {
            for form in FORMS {
                write(form);
                BEGUN.store(true, Ordering::Release);
            }
        }
    });
    while !BEGUN.load(Ordering::Acquire) {
        hint::spin_loop();
    }
    let before: [&CStr; 3] = [c"kubectl", c"--", c"/proc/self/cmdline"];
    let last = LAST.as_ptr().cast::<c_char>();
    let argv: [*const c_char; 5] = [
        before[0].as_ptr(),
        before[1].as_ptr(),
        before[2].as_ptr(),
        last,
        ptr::null(),
    ];
    // SAFETY: the program and each argument end with a NUL and live until the exec, or to the end of this process.
    // The last argument changes meanwhile, which is the point: only the kernel reads it, its last byte is always 0,
    // and its bytes are atomics, so that this process may write them from another thread.
    unsafe { libc::execv(program.as_ptr(), argv.as_ptr()) };
    eprintln!("it did not start: {}", std::io::Error::last_os_error());
    std::process::exit(1);
}
