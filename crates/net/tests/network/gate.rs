//! What is asked of clients before they may talk.

use std::time::Duration;

use ouvrier_net::{Event, Policy, Protocol, event::Closed};
use ouvrier_protocol::websocket::Origins;

use crate::{
    client::{HANDSHAKE, frame},
    owner::Owner,
};

const MOMENT: Duration = Duration::from_millis(50);

fn owner(change: impl FnOnce(&mut Policy)) -> Owner {
    Owner::with_policy(Protocol::Websocket, change)
}

#[test]
fn a_handshake_that_is_not_whole_in_time_is_refused_while_the_owner_is_busy() {
    let mut owner = owner(|policy| policy.websocket.handshake_timeout = MOMENT);
    let (mut client, _) = owner.accept();
    client.write(&HANDSHAKE[..HANDSHAKE.len() - 1]);
    // The owner turns no more: the relief driver answers.
    let answer = client.read_head();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn nobody_is_late_who_is_not_read() {
    let mut owner = owner(|policy| policy.websocket.handshake_timeout = MOMENT);
    owner.listener.accept_paused(true);
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    let later = std::time::Instant::now() + 4 * MOMENT;
    owner.turn_until(|| std::time::Instant::now() > later);
    connection.resume();
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Upgraded(_)), "{event:?}");
}

#[test]
fn a_first_message_in_time_is_the_only_one_that_is_waited_for() {
    let mut owner = owner(|policy| policy.websocket.first_message_timeout = 4 * MOMENT);
    let (mut talker, _) = owner.accept();
    talker.write(&[HANDSHAKE, &frame(1, b"hello")].concat());
    assert_eq!(owner.next_message().1, b"hello");
    let (mut silent, _) = owner.accept();
    silent.write(HANDSHAKE);
    owner.next_event();
    let (_, event) = owner.next_event();
    assert!(
        matches!(&event, Event::Fault(answer) if answer == b"\x88\x02\x03\xf0"),
        "{event:?}"
    );
    talker.write(&frame(1, b"again"));
    assert_eq!(owner.next_message().1, b"again");
}

#[test]
fn another_origin_is_refused_without_the_owner() {
    let origins = Origins::new([Some("https://example.com")]).unwrap();
    let mut owner = owner(|policy| policy.websocket.origins = Some(origins));
    let (mut client, _) = owner.accept();
    client.write(HANDSHAKE);
    let answer = client.read_head();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}
