//! What callgrind writes: instructions by function, and who calls whom.

use std::collections::BTreeMap;

/// Whose instructions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The engine and its functions: what the script does.
    Php,
    /// `src/`: from what is ready to the callback, and from `send()` to bytes.
    Extension,
    /// `crates/net/`: tasks, buffers and the turn.
    Network,
    /// `crates/protocol/`: bytes to messages.
    Protocol,
    /// The runtime.
    Tokio,
    /// Memory, copies and the way into the kernel.
    Libc,
    /// Everything else, such as cryptography.
    Other,
}

impl Layer {
    pub const ALL: [Self; 7] = [
        Self::Php,
        Self::Extension,
        Self::Network,
        Self::Protocol,
        Self::Tokio,
        Self::Libc,
        Self::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Php => "PHP",
            Self::Extension => "`src`",
            Self::Network => "`net`",
            Self::Protocol => "`protocol`",
            Self::Tokio => "tokio",
            Self::Libc => "C library",
            Self::Other => "other",
        }
    }

    /// That of a function, by its name and that of the file it is in. The first crate that is named counts: of a method of a trait, whose it is.
    fn of(object: &str, function: &str) -> Self {
        const CRATES: [(&str, Layer); 7] = [
            ("ouvrier_net::", Layer::Network),
            ("ouvrier_protocol::", Layer::Protocol),
            ("ouvrier::", Layer::Extension),
            ("ext_php_rs", Layer::Extension),
            ("tokio::", Layer::Tokio),
            ("mio::", Layer::Tokio),
            ("memchr::", Layer::Protocol),
        ];
        let file = object.rsplit('/').next().unwrap_or_default();
        let begins = |names: &[&str]| names.iter().any(|name| file.starts_with(name));
        if begins(&["php"]) {
            return Self::Php;
        }
        if begins(&["libc.", "libc-", "ld-", "libpthread"]) {
            return Self::Libc;
        }
        let named = CRATES
            .iter()
            .filter_map(|(name, layer)| Some((function.find(name)?, *layer)));
        named
            .min_by_key(|(place, _)| *place)
            .map_or(Self::Other, |(_, layer)| layer)
    }
}

/// Instructions by whose they are.
pub fn by_layer(profile: &str) -> BTreeMap<Layer, u64> {
    let (mut objects, mut functions) = (Names::default(), Names::default());
    let (mut object, mut layer) = ("", Layer::Other);
    let (mut is_callee, mut sums) = (false, BTreeMap::new());
    for line in profile.lines() {
        if let Some(named) = line.strip_prefix("ob=") {
            object = objects.resolve(named);
        } else if let Some(named) = line.strip_prefix("fn=") {
            layer = Layer::of(object, functions.resolve(named));
        } else if let Some(named) = line.strip_prefix("cob=") {
            objects.resolve(named);
        } else if let Some(named) = line.strip_prefix("cfn=") {
            functions.resolve(named);
        } else if line.starts_with("calls=") {
            // The next line is what the callee cost, which counts there.
            is_callee = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first))
            && !std::mem::take(&mut is_callee)
        {
            let cost = line.split_whitespace().nth(1);
            let cost = cost.and_then(|cost| cost.parse::<u64>().ok());
            *sums.entry(layer).or_default() += cost.unwrap_or_default();
        }
    }
    sums
}

/// Names by their number: `(7) name` where it comes first, and `(7)` from there on.
#[derive(Default)]
struct Names<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    fn resolve(&mut self, text: &'a str) -> &'a str {
        let (id, name) = text.split_once(' ').unwrap_or((text, ""));
        if name.is_empty() {
            return self.0.get(id).copied().unwrap_or_default();
        }
        self.0.insert(id, name);
        name
    }
}

/// callgrind's sum of everything.
pub fn instructions(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals: "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How often memory was asked for: of the C library, of which Rust's is, or of PHP.
pub fn allocations(profile: &str) -> u64 {
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    let (mut allocates, mut count) = (false, 0);
    for line in profile.lines() {
        if let Some(called) = line.strip_prefix("cfn=").or(line.strip_prefix("fn=")) {
            let (id, name) = called.split_once(' ').unwrap_or((called, ""));
            let known = names.entry(id).or_insert_with(|| is_allocator(name));
            allocates = *known;
        } else if let Some(calls) = line.strip_prefix("calls=")
            && allocates
        {
            let calls = calls
                .split_whitespace()
                .next()
                .and_then(|calls| calls.parse::<u64>().ok());
            count += calls.unwrap_or_default();
        }
    }
    count
}

fn is_allocator(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "malloc",
        "calloc",
        "realloc",
        "posix_memalign",
        "aligned_alloc",
        "_emalloc",
        "_ecalloc",
        "_erealloc",
        "_erealloc2",
    ];
    NAMES.contains(&name)
        || name
            .strip_prefix("_emalloc_")
            .is_some_and(|size| size != "large" && size != "huge")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_those_of_the_function_itself() {
        let profile = "\
ob=(1) /usr/bin/php8.2\nfn=(1) execute_ex\n10 30\ncob=(2) /x/libouvrier.so\ncfn=(2) ouvrier::connection::send::send\ncalls=1 0\n11 500\n\
ob=(2)\nfn=(2)\n+3 200\nfn=(3) <ouvrier_net::connection::task::Task as core::future::future::Future>::poll\n* 7\nfn=(4) ring_core\n5 4\n\
ob=(1)\nfn=(1)\n12 1\ntotals: 242\n";
        let sums = by_layer(profile);
        let expected = [
            (Layer::Php, 31),
            (Layer::Extension, 200),
            (Layer::Network, 7),
            (Layer::Other, 4),
        ];
        assert_eq!(sums.into_iter().collect::<Vec<_>>(), expected);
    }
}
