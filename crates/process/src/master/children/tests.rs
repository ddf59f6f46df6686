//! Seats that are taken, kept vacant and given up.

use std::net::TcpListener;

use super::*;
use crate::channel::{Channel, channel};

const HEALTHY: Duration = Duration::from_secs(10);

fn group(count: usize) -> Group {
    Group {
        count,
        ..Group::default()
    }
}

/// Takes the first seat, with a process of this number.
fn take(children: &mut Children, number: i32) -> (Slot, Channel) {
    let (channel, receiver) = channel().unwrap();
    let slot = children.first_to_fill(Instant::now()).unwrap();
    children.occupy(slot, pid(number), receiver);
    (slot, channel)
}

fn pid(number: i32) -> Pid {
    Pid::from_raw(1_000_000_000 + number)
}

fn ended(number: i32) -> Ended {
    Ended {
        pid: pid(number),
        raw_status: 9,
    }
}

#[test]
fn seats_are_taken_in_order_and_keep_their_ids() {
    let mut children = Children::vacant(&[group(2), group(0), group(1)]);
    let slots: Vec<Slot> = (1..=3)
        .map(|number| take(&mut children, number).0)
        .collect();
    let numbers: Vec<_> = slots.iter().map(|slot| (slot.group, slot.id)).collect();
    assert_eq!(numbers, [(0, 0), (0, 1), (2, 0)]);
    assert_eq!(children.first_to_fill(Instant::now()), None);

    let departed = children.remove(ended(2)).unwrap();
    assert_eq!(
        (departed.exit.slot, departed.exit.raw_status),
        (slots[1], 9)
    );
    assert_eq!(children.first_to_fill(Instant::now()), Some(slots[1]));
    assert!(children.remove(ended(2)).is_none());
    assert_eq!(children.running().count(), 2);
}

#[test]
fn a_seat_that_is_kept_vacant_lets_others_go_first() {
    let mut children = Children::vacant(&[group(2)]);
    let now = Instant::now();
    children.keep_vacant(Slot { group: 0, id: 0 }, now + HEALTHY);
    assert_eq!(children.first_to_fill(now), Some(Slot { group: 0, id: 1 }));
    let (_, _channel) = take(&mut children, 1);
    assert_eq!(children.fill_at(now), Some(now + HEALTHY));
    children.forgive(Slot { group: 0, id: 0 });
    assert_eq!(children.first_to_fill(now), Some(Slot { group: 0, id: 0 }));
}

#[test]
fn what_was_said_before_the_end_counts() {
    let mut children = Children::vacant(&[group(1)]);
    let (_, channel) = take(&mut children, 1);
    channel.serving();
    assert!(!children.have_all_served());
    assert_eq!(children.remove(ended(1)).unwrap().stage, Stage::Serving);
    assert!(children.have_all_served());
}

#[test]
fn only_a_healthy_process_gives_up_its_seat_by_draining() {
    for (healthy_after, seated) in [(HEALTHY, true), (Duration::ZERO, false)] {
        let mut children = Children::vacant(&[group(1)]);
        let (slot, channel) = take(&mut children, 1);
        channel.draining();
        children.hear(Instant::now(), healthy_after);
        assert_eq!(children.occupant(slot).is_some(), seated);
        assert_eq!(children.is_retired(pid(1)), !seated);
        assert_eq!(children.remove(ended(1)).unwrap().was_expected, !seated);
    }
}

#[test]
fn who_loses_the_seat_is_retired() {
    let mut children = Children::vacant(&[group(2), group(1)]);
    let _channels: Vec<_> = (1..=3).map(|number| take(&mut children, number)).collect();
    let superfluous = children.arrange(&[group(1), group(2)]);
    assert_eq!(superfluous, [(Slot { group: 0, id: 1 }, pid(2))]);
    assert!(children.is_retired(pid(2)));
    let seats: Vec<_> = children.seats().map(|(_, pid)| pid).collect();
    assert_eq!(seats, [Some(pid(1)), Some(pid(3)), None]);
}

#[test]
fn sockets_go_to_the_next_process_unless_none_has_ever_served() {
    for (serves, inherits) in [(true, true), (false, false)] {
        let mut children = Children::vacant(&[group(1)]);
        let (slot, channel) = take(&mut children, 1);
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        channel.keep("tcp", socket.as_fd());
        if serves {
            channel.serving();
        }
        children.remove(ended(1)).unwrap();
        let mut sockets = children.take_sockets(slot);
        assert_eq!(sockets.take("tcp").is_some(), inherits);
    }
}

#[test]
fn what_is_kept_vacant_keeps_no_sockets() {
    let mut children = Children::vacant(&[group(1)]);
    let (slot, channel) = take(&mut children, 1);
    channel.serving();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    channel.keep("tcp", socket.as_fd());
    children.remove(ended(1)).unwrap();
    children.keep_vacant(slot, Instant::now() + HEALTHY);
    assert!(children.take_sockets(slot).take("tcp").is_none());
}

#[test]
fn processes_that_somebody_else_collected_are_missed() {
    let mut children = Children::vacant(&[group(2)]);
    for (id, pid) in [(0, Pid::this()), (1, Pid::from_raw(i32::MAX))] {
        children.occupy(Slot { group: 0, id }, pid, channel().unwrap().1);
    }
    let lost = Ended {
        pid: Pid::from_raw(i32::MAX),
        raw_status: 0,
    };
    assert_eq!(children.lost(), [lost]);
}
