//! A wall clock that is wrong, for one process: the kernel's time, and so many seconds more or less.
//!
//! The process is started with a library in front of the system's, made by the C compiler of this machine. Its monotonic
//! clock, which deadlines go by, stays right.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

const LIBRARY: &str = r"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *seconds;

__attribute__((constructor)) static void look(void) {
    const char *name = getenv(NAME);
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *seen = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    if (seen != MAP_FAILED) seconds = seen;
    if (file >= 0) close(file);
}

int clock_gettime(clockid_t id, struct timespec *at) {
    int failed = syscall(SYS_clock_gettime, id, at);
    if (!failed && id == CLOCK_REALTIME && seconds) at->tv_sec += *seconds;
    return failed;
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
";

/// The variable that names the file with the seconds.
const NAME: &str = "TENON_TEST_CLOCK";

/// A clock that a test sets while a process goes by it.
pub struct WrongClock {
    file: File,
    path: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl WrongClock {
    /// A clock that is so many seconds ahead, or behind where they are negative.
    ///
    /// # Panics
    /// Where there is no C compiler.
    pub fn ahead(seconds: i64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("seconds");
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(&path);
        let clock = Self {
            file: file.expect("a new file"),
            path,
            _folder: folder,
        };
        clock.set(seconds);
        clock
    }

    /// Lets it jump.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn set(&self, seconds: i64) {
        let mut file = &self.file;
        file.rewind().expect("a file");
        file.write_all(&seconds.to_ne_bytes())
            .expect("the clock can be set");
    }

    /// What a process that goes by it has in its environment.
    pub fn environment(&self) -> [(String, String); 2] {
        let text = |path: &Path| path.display().to_string();
        [
            ("LD_PRELOAD".to_owned(), text(library())),
            (NAME.to_owned(), text(&self.path)),
        ]
    }
}

/// The library, made once for each test process.
fn library() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    static PATH: OnceLock<std::path::PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = MADE.get_or_init(|| tempfile::tempdir().expect("a temporary folder"));
        let (source, made) = ["clock.c", "clock.so"]
            .map(|name| folder.path().join(name))
            .into();
        std::fs::write(&source, LIBRARY).expect("a source can be written");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1"])
            .arg(format!("-DNAME=\"{NAME}\""))
            .arg("-o")
            .args([&made, &source]);
        let output = compiler.output().expect("cc is on this machine");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        made
    })
}
