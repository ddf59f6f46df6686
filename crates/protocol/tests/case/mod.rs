//! The files under `tests/corpus`.

use std::{fs, path::Path};

/// A stream and what is to become of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) stream: Vec<u8>,
    /// The numbers on the first line of the expectation, if it begins with `keyword`.
    pub(crate) limits: Option<Vec<usize>>,
    pub(crate) expected: String,
}

impl Case {
    /// The bytes of a stream that is hexadecimal text with comments.
    #[allow(dead_code, reason = "most streams are no text")]
    pub(crate) fn unhex(&self) -> Vec<u8> {
        let text = std::str::from_utf8(&self.stream).unwrap();
        let words = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace);
        words
            .map(|word| u8::from_str_radix(word, 16).unwrap())
            .collect()
    }
}

/// The cases in a folder of the corpus whose streams have this extension, in no order.
pub(crate) fn cases(folder: &str, extension: &str, keyword: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/corpus")
        .join(folder);
    let files = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let streams = files.filter(|path| path.extension().is_some_and(|found| found == extension));
    let cases: Vec<_> = streams.map(|path| read(&path, keyword)).collect();
    assert!(!cases.is_empty(), "no case in {}", folder.display());
    cases
}

fn read(path: &Path, keyword: &str) -> Case {
    let expectation = fs::read_to_string(path.with_extension("expect")).unwrap();
    let (limits, expected) = match expectation.split_once('\n') {
        Some((first, rest)) if first.starts_with(keyword) => {
            (Some(numbers(first)), rest.to_owned())
        }
        _ => (None, expectation),
    };
    Case {
        name: path.display().to_string(),
        stream: fs::read(path).unwrap(),
        limits,
        expected,
    }
}

fn numbers(line: &str) -> Vec<usize> {
    line.split_whitespace()
        .skip(1)
        .map(|word| word.parse().unwrap())
        .collect()
}
