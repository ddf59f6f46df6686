//! How many datagrams the kernel dropped because nobody read them in time.

use std::{
    fs::{File, read_to_string},
    os::{fd::AsFd, unix::fs::MetadataExt},
};

/// What the kernel knows a socket by; 0 when it does not tell.
pub(super) fn inode(socket: &impl AsFd) -> u64 {
    let descriptor = socket.as_fd().try_clone_to_owned();
    let metadata = descriptor.and_then(|descriptor| File::from(descriptor).metadata());
    metadata.map_or(0, |metadata| metadata.ino())
}

/// The drops of all of these sockets together, as /proc counts them; 0 where there is no such file.
pub(crate) fn count(inodes: &[u64]) -> u64 {
    if inodes.is_empty() {
        return 0;
    }
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .map(|table| sum(&read_to_string(table).unwrap_or_default(), inodes))
        .iter()
        .sum()
}

/// In each line below the heading, the tenth word is the inode and the last the drops.
fn sum(table: &str, inodes: &[u64]) -> u64 {
    let drops = |line: &str| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let inode = words.get(9)?.parse().ok()?;
        let drops: u64 = words.last()?.parse().ok()?;
        inodes.contains(&inode).then_some(drops)
    };
    table.lines().skip(1).filter_map(drops).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  173: 00000000:1F90 00000000:0000 07 00000000:00034B00 00:00000000 00000000     0        0 4711 2 0000000000000000 812
  174: 00000000:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 5
  175: 00000000:1F92 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 0
";

    #[test]
    fn the_drops_of_our_sockets_are_added_up() {
        assert_eq!(sum(TABLE, &[4711, 4713]), 812);
        assert_eq!(sum(TABLE, &[4711, 4712]), 817);
        assert_eq!(sum(TABLE, &[]), 0);
        assert_eq!(sum("", &[4711]), 0);
    }
}
