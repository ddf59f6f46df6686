//! Descriptors of the owner: level-triggered, and no hindrance to the network.

use std::{
    fs::File,
    io::{Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    time::Instant,
};

use ouvrier_net::{Interest, Protocol, Watched};

use crate::owner::{Owner, PATIENCE};

const READABLE: Interest = Interest {
    readable: true,
    writable: false,
    exceptional: false,
};

#[test]
fn what_is_readable_stays_so_until_it_is_read() {
    let owner = Owner::new(Protocol::Raw);
    let set = owner.runtime.watched().unwrap();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    assert_eq!(
        set.add(near.as_fd(), 7, READABLE).unwrap(),
        Watched::Waiting
    );
    assert!(set.ready().is_empty());
    far.write_all(b"ab").unwrap();
    for _ in 0..2 {
        owner.runtime.turn(Some(Instant::now() + PATIENCE));
        assert_eq!(set.ready(), [(7, READABLE)]);
        near.read_exact(&mut [0]).unwrap();
    }
    assert!(set.ready().is_empty());
    set.remove(near.as_fd());
    far.write_all(b"c").unwrap();
    assert!(set.ready().is_empty());
}

#[test]
fn the_end_of_a_peer_is_ready_for_everybody() {
    let owner = Owner::new(Protocol::Raw);
    let set = owner.runtime.watched().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    set.add(near.as_fd(), 1, READABLE).unwrap();
    drop(far);
    owner.runtime.turn(Some(Instant::now() + PATIENCE));
    let [(1, found)] = set.ready()[..] else {
        panic!("one descriptor is ready");
    };
    assert!(found.readable && found.writable);
}

#[test]
fn a_descriptor_that_is_closed_leaves_by_itself() {
    let owner = Owner::new(Protocol::Raw);
    let set = owner.runtime.watched().unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    far.write_all(b"never read").unwrap();
    set.add(near.as_fd(), 1, READABLE).unwrap();
    drop(near);
    assert!(set.ready().is_empty());
}

#[test]
fn a_duplicate_that_lives_elsewhere_is_forgotten_with_the_set() {
    let owner = Owner::new(Protocol::Raw);
    let (near, mut far) = UnixStream::pair().unwrap();
    let elsewhere = near.try_clone().unwrap();
    far.write_all(b"never read").unwrap();
    let set = owner.runtime.watched().unwrap();
    set.add(near.as_fd(), 1, READABLE).unwrap();
    drop(near);
    assert_eq!(set.ready(), [(1, READABLE)]);
    owner.runtime.forget_watched();
    assert!(owner.runtime.watched().unwrap().ready().is_empty());
    drop(elsewhere);
}

#[test]
fn a_file_is_always_ready() {
    let owner = Owner::new(Protocol::Raw);
    let set = owner.runtime.watched().unwrap();
    let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    assert_eq!(set.add(file.as_fd(), 1, READABLE).unwrap(), Watched::Always);
}

#[test]
fn a_stream_that_nobody_reads_does_not_starve_the_network() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, _) = owner.accept();
    let (near, mut far) = UnixStream::pair().unwrap();
    far.write_all(b"never read").unwrap();
    let set = owner.runtime.watched().unwrap();
    set.add(near.as_fd(), 1, READABLE).unwrap();
    client.write(b"hello");
    // What was written here is there; a network that moves sees it in the first few turns.
    let mut turns = 0..100;
    while owner.runtime.next().is_none() {
        assert!(turns.next().is_some(), "the network does not move");
        owner.runtime.turn(Some(Instant::now() + PATIENCE));
    }
}

#[test]
fn the_bell_rings_once_for_an_owner_that_is_away() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, _) = owner.accept();
    let bell = owner.runtime.bell().unwrap();
    let set = owner.runtime.watched().unwrap();
    set.add(bell.as_fd(), 1, READABLE).unwrap();
    owner.runtime.leave();
    client.write(b"hello");
    let end = Instant::now() + PATIENCE;
    while set.ready().is_empty() {
        assert!(Instant::now() < end, "the bell does not ring");
    }
    // The turn silences it.
    owner.runtime.turn(Some(Instant::now()));
    assert!(set.ready().is_empty());
    assert!(owner.runtime.next().is_some());
}
