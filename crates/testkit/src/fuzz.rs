//! Hostile inputs by the hundred thousand, on stable Rust and inside `cargo test`.
//!
//! A target gets inputs that are made from its seeds by a seeded generator: bits flipped, pieces cut, doubled and
//! crossed, its own words put anywhere, numbers made extreme, things nested without end. What a target took further
//! than most (it says so) becomes a seed too. A run is the same each time; `TENON_FUZZ_SEED` makes it another one.
//!
//! An input that panics, takes longer than [`SLOWEST`] or allocates more than [`MOST_BYTES`] fails the test and is
//! printed in base64; with that text in `TENON_FUZZ_INPUT` the test runs on this one input alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use peak_alloc::PeakAlloc;

use crate::promise::scale;

/// What every test of a binary with this crate in it allocates from.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The longest that one input may take.
pub const SLOWEST: Duration = Duration::from_secs(1);
/// The most that may be allocated while one input is read.
pub const MOST_BYTES: usize = 256 * 1024 * 1024;
/// An input that is still being read after this time will not end: the process is ended instead.
const HOPELESS: Duration = Duration::from_secs(20);
const LONGEST_INPUT: usize = 64 * 1024;
const MOST_SEEDS: usize = 512;

/// Texts that parsers of any kind are known to stumble over.
const WORDS: [&str; 34] = [
    "\0",
    "\r\n",
    "\n",
    "\t",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "\u{10ffff}",
    "é",
    "\"",
    "'",
    "\\",
    "{{",
    "}}",
    "{%",
    "${",
    "%00",
    "%2e%2e/",
    "../",
    "null",
    "true",
    "NaN",
    "-0",
    "1e999",
    "0x7f",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1e-400",
    "[]",
    "{}",
    "*a",
    "&a",
    "__proto__",
];

/// A target: what is read, and what its inputs are made of.
pub struct Target {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    words: Vec<&'static str>,
}

impl Target {
    /// A target with these seeds: small inputs, each of another kind.
    pub fn new(name: &'static str, seeds: &[&[u8]]) -> Self {
        let seeds = seeds.iter().map(|seed| seed.to_vec()).collect();
        Self {
            name,
            seeds,
            words: WORDS.to_vec(),
        }
    }

    /// Words that mean something to it.
    #[must_use]
    pub fn words(mut self, words: &[&'static str]) -> Self {
        self.words.extend_from_slice(words);
        self
    }

    /// Reads 100,000 inputs, with `TENON_BAR=full` ten million, and gives the number. `read` says whether the input got further than most.
    ///
    /// # Panics
    /// With the first input that fails.
    pub fn run(self, read: impl Fn(&[u8]) -> bool) -> u64 {
        if let Ok(text) = std::env::var("TENON_FUZZ_INPUT") {
            read(&STANDARD.decode(text).expect("TENON_FUZZ_INPUT is base64"));
            return 1;
        }
        let count = scale(100_000, 10_000_000);
        let watched = Watched::start(self.name);
        let mut mixer = Mixer::new(&self);
        for _ in 0..count {
            let input = mixer.next();
            let further = watched.read(&input, &read);
            mixer.learn(input, further);
        }
        count
    }
}

/// The input that is being read, and since when.
type Current = Mutex<Option<(Instant, Vec<u8>)>>;

/// Reads inputs under the bounds.
struct Watched {
    name: &'static str,
    current: Arc<Current>,
}

impl Watched {
    fn start(name: &'static str) -> Self {
        let current: Arc<Current> = Arc::default();
        let watching = Arc::downgrade(&current);
        std::thread::spawn(move || {
            while let Some(current) = watching.upgrade() {
                if let Some((since, input)) = &*current.lock().expect("nobody panics with it")
                    && since.elapsed() > HOPELESS
                {
                    complain(name, "does not end", input);
                    std::process::abort();
                }
                drop(current);
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        Self { name, current }
    }

    fn read(&self, input: &[u8], read: &impl Fn(&[u8]) -> bool) -> bool {
        let since = Instant::now();
        *self.current.lock().expect("nobody panics with it") = Some((since, input.to_vec()));
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(input)));
        let (took, peak) = (since.elapsed(), MEMORY.peak_usage().saturating_sub(before));
        *self.current.lock().expect("nobody panics with it") = None;
        let fail = |what: &str| {
            complain(self.name, what, input);
            panic!("{}: {what}", self.name);
        };
        match outcome {
            Err(panic) => {
                complain(self.name, "panics", input);
                resume_unwind(panic)
            }
            // A machine that is busy with other things stops a thread for a while, but not twice at the same place.
            Ok(_) if took > SLOWEST && slow(input, read) => fail("takes too long"),
            Ok(_) if peak > MOST_BYTES => fail("takes too much memory"),
            Ok(further) => further,
        }
    }
}

/// How long something takes, and how much is allocated for it at once, besides what other threads do meanwhile.
pub fn measured<T>(what: impl FnOnce() -> T) -> (T, Duration, usize) {
    let (since, before) = (Instant::now(), MEMORY.current_usage());
    MEMORY.reset_peak_usage();
    let result = what();
    (
        result,
        since.elapsed(),
        MEMORY.peak_usage().saturating_sub(before),
    )
}

fn slow(input: &[u8], read: &impl Fn(&[u8]) -> bool) -> bool {
    let since = Instant::now();
    read(input);
    since.elapsed() > SLOWEST
}

#[expect(
    clippy::print_stderr,
    reason = "this is how a failing input is found again"
)]
fn complain(name: &str, what: &str, input: &[u8]) {
    eprintln!(
        "{name}: an input {what}; run the test again with\nTENON_FUZZ_INPUT={}",
        STANDARD.encode(input)
    );
}

/// Makes inputs.
struct Mixer {
    seeds: Vec<Vec<u8>>,
    words: Vec<&'static str>,
    state: u64,
}

impl Mixer {
    fn new(target: &Target) -> Self {
        let given = std::env::var("TENON_FUZZ_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        Self {
            seeds: target.seeds.clone(),
            words: target.words.clone(),
            state: given.unwrap_or(0x5eed),
        }
    }

    /// A number below `bound` (SplitMix64).
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = (mixed ^ (mixed >> 31)) % u64::try_from(bound.max(1)).expect("a small bound");
        usize::try_from(number).expect("below a usize")
    }

    fn next(&mut self) -> Vec<u8> {
        let number = self.below(self.seeds.len());
        let mut input = self.seeds[number].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST_INPUT);
        input
    }

    fn learn(&mut self, input: Vec<u8>, further: bool) {
        if further && input.len() < 4096 && self.below(20) == 0 {
            if self.seeds.len() < MOST_SEEDS {
                self.seeds.push(input);
            } else {
                let number = self.below(MOST_SEEDS);
                self.seeds[number] = input;
            }
        }
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let to = (at + self.below(40)).min(input.len());
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..to)),
            2 => {
                let byte = u8::try_from(self.below(256)).expect("a byte");
                input.insert(at, byte);
            }
            3 | 4 => {
                let word = self.below(self.words.len());
                let word = self.words[word];
                input.splice(at..at, word.bytes());
            }
            5 => {
                let piece = input[at..to].to_vec();
                input.splice(at..at, piece.repeat(1 + self.below(8)));
            }
            6 => {
                let other = self.below(self.seeds.len());
                let other = &self.seeds[other].clone();
                let from = self.below(other.len() + 1);
                input.splice(at..to, other[from..].iter().copied());
            }
            7 => self.nest(input, at),
            _ => input.truncate(at),
        }
    }

    /// An opening sign, or a word, many times.
    fn nest(&mut self, input: &mut Vec<u8>, at: usize) {
        const OPEN: [&str; 8] = ["[", "{\"a\":", "(", "{{", "- ", "not ", "%25", "-"];
        let (open, times) = (OPEN[self.below(OPEN.len())], 1 << self.below(13));
        input.splice(at..at, open.repeat(times).into_bytes());
    }
}
