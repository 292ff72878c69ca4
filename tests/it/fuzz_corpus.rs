//! Every target of `fuzz/` on its corpus, and on broken copies of it: no bytes make
//! Assay panic, and the same bytes always come to the same.
//!
//! This is what is left of fuzzing where there is no fuzzer: `docs/fuzzing.md` tells how
//! to let one run. The copies are the same in every run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assay::base::rng::Rng;
use rstest::rstest;

#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

/// Seeds that other tests keep: folder and extension, by target.
const MORE_SEEDS: &[(&str, &str, &str)] = &[
    ("jwt", "src/auth/testdata", "pem"),
    ("jwt", "src/auth/testdata", "xml"),
    ("openapi", "src/api/testdata", "yaml"),
    ("scenario", "tests/it/fixtures/lint", "yaml"),
    ("target_file", "tests/it/fixtures/target", "yaml"),
    ("wsdl", "src/soap/tests/fixtures", "wsdl"),
    ("wsdl", "src/soap/tests/fixtures/wcf", "xsd"),
];

/// Longest that one input may take: far above what any takes, far below a hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn files(folder: &Path, fits: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file() && fits(path))
        .collect();
    paths.sort();
    paths
}

/// The seeds of a target with their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = files(&root.join("fuzz/corpus").join(target), |_| true);
    for (_, folder, extension) in MORE_SEEDS.iter().filter(|(name, _, _)| *name == target) {
        let fits = |path: &Path| path.extension().is_some_and(|found| found == *extension);
        paths.extend(files(&root.join(folder), fits));
    }
    paths
        .into_iter()
        .map(|path| {
            let bytes = std::fs::read(&path).expect("a seed");
            (path.display().to_string(), bytes)
        })
        .collect()
}

/// Bytes that mean something to one reader or another.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    "é".as_bytes(),
    "\u{1f9ff}".as_bytes(),
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\"",
    b"'",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"</",
    b"/>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE a",
    b"&#0;",
    b"&",
    b"{{",
    b"}}",
    b"{%",
    b"*a",
    b"&a ",
    b"!!binary ",
    b"|",
    b">-",
    b": ",
    b"- ",
    b"? ",
    b"---\n",
    b"#",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"18446744073709551616",
    b"-9223372036854775809",
    b"NaN",
    b".",
    b"..",
    b"=",
    b"==",
    b"%",
    b"~1",
    b"/",
    b"$ref",
    b"$use",
    b":",
    b",",
    b";",
    b"@",
    b"`",
];

/// Deepest nesting that a copy gets: beyond every bound on depth.
const DEEP: u64 = 3_000;

/// A broken copy of a seed.
fn broken(seed: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = seed.to_owned();
    for _ in 0..=rng.below(4) {
        let at = place(&bytes, rng);
        let end = at + place(&bytes[at..], rng).min(40);
        match rng.below(9) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 | 3 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            4 => {
                let from = place(other, rng);
                let until = from + place(&other[from..], rng);
                bytes.splice(at..end, other[from..until].iter().copied());
            }
            5 => {
                let again = bytes[at..end].to_owned();
                bytes.splice(at..at, again);
            }
            6 if rng.below(4) == 0 => {
                let word = WORDS[rng.below(WORDS.len() as u64) as usize];
                let times = rng.below(DEEP) as usize;
                bytes.splice(at..at, word.repeat(times));
            }
            _ => {
                let word = WORDS[rng.below(WORDS.len() as u64) as usize];
                bytes.splice(at..end.min(at + 1), word.iter().copied());
            }
        }
    }
    bytes
}

/// A place in bytes, their end included.
fn place(bytes: &[u8], rng: &mut Rng) -> usize {
    rng.below(bytes.len() as u64 + 1) as usize
}

/// Plays one input, and names it when it does harm.
fn harmless(target: &str, name: &str, bytes: &[u8]) {
    let began = Instant::now();
    let told = catch_unwind(AssertUnwindSafe(|| fuzz::play(target, bytes)));
    let shown = || format!("{target}, {name}: {}", bytes.escape_ascii());
    assert!(told.is_ok(), "panics on {}", shown());
    assert!(began.elapsed() < PATIENCE, "takes too long on {}", shown());
}

/// Copies of all seeds together: as many as take a target a few seconds.
#[rstest]
#[case("answer", 1_000)]
#[case("bundle", 1_000)]
#[case("expression", 10_000)]
#[case("jwt", 1_000)]
#[case("openapi", 3_000)]
#[case("scenario", 1_000)]
#[case("target_file", 4_000)]
#[case("wsdl", 3_000)]
fn no_bytes_do_harm(#[case] target: &str, #[case] copies: usize) {
    let seeds = seeds(target);
    for (name, bytes) in &seeds {
        harmless(target, name, bytes);
    }
    for number in 0..copies {
        let (name, seed) = &seeds[number % seeds.len()];
        let mut rng = Rng::named(number as u64, target);
        let (_, other) = &seeds[rng.below(seeds.len() as u64) as usize];
        let copy = broken(seed, other, &mut rng);
        harmless(target, &format!("copy {number} of {name}"), &copy);
    }
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    let mut names: Vec<&str> = fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
    for name in &names {
        assert!(!files(&root.join("corpus").join(name), |_| true).is_empty());
        let program = root.join("fuzz_targets").join(format!("{name}.rs"));
        let text = std::fs::read_to_string(program).expect("a program");
        assert!(text.contains(&format!("play(\"{name}\", bytes)")), "{text}");
        assert!(manifest.contains(&format!("name = \"{name}\"")));
    }
    let programs = files(&root.join("fuzz_targets"), |_| true);
    names.sort_unstable();
    let stems: Vec<String> = programs
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(stems, names);
}
