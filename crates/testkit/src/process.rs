//! A child process whose output is kept, and that dies with the test.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A running program.
pub struct Process {
    child: Child,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    /// Starts a program; both of its streams are kept together.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = Arc::new(Mutex::new(Vec::new()));
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("piped")),
            Box::new(child.stderr.take().expect("piped")),
        ];
        for stream in streams {
            keep(stream, Arc::clone(&output));
        }
        Self { child, output }
    }

    /// What it said so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("the reader does not panic"))
            .into_owned()
    }

    /// Waits until it has said something that `find` takes.
    ///
    /// # Panics
    /// Where it ends first, or says nothing of the kind in time.
    pub fn wait_for<T>(
        &mut self,
        what: &str,
        limit: Duration,
        find: impl Fn(&str) -> Option<T>,
    ) -> T {
        let end = Instant::now() + limit;
        loop {
            if let Some(found) = find(&self.output()) {
                return found;
            }
            let ended = self
                .child
                .try_wait()
                .expect("a child that was started")
                .is_some();
            assert!(!ended && Instant::now() < end, "{what}: {}", self.output());
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Waits until it has ended by itself, and says whether it ended well.
    ///
    /// # Panics
    /// Where it does not end in time.
    pub fn wait_for_end(&mut self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child that was started") {
                return status.success();
            }
            assert!(Instant::now() < end, "does not end: {}", self.output());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn keep(mut stream: Box<dyn Read + Send>, output: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count) = stream.read(&mut buffer) {
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            output
                .lock()
                .expect("no test panicked while it held this")
                .extend_from_slice(bytes);
        }
    });
}
