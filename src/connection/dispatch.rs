//! From what the network announced to the callbacks of a script.

use std::sync::Arc;

use ouvrier_net::{Connection, Event, Events, Payload, Standing, event::Closed};

use super::{
    answer, callbacks, close,
    connection_interface::{self, Counter, notify},
    packages, send, starttls,
    state::{Owed, TcpState, Wishes},
    tcp_connection::{self, network, slots, speaks_through, with_network},
};
use crate::{
    events,
    protocols::{self, websocket::OwnCallbacks},
    worker::{
        self,
        reactor::Reactor,
        report::{Callback, enter},
    },
    zend::{Object, Result},
};

/// A connection whose events are handled: its object, and the network's side, through which the object may not speak any more.
#[derive(Clone)]
struct Pair {
    this: Object,
    connection: Arc<Connection>,
}

/// Handles everything that happened on a connection. Comes back early only with what ends the process.
pub(crate) fn dispatch(reactor: &Reactor, connection: Arc<Connection>) -> Result<()> {
    let taken = connection.take();
    let is_new = matches!(taken.events.front(), Some(Event::Opened));
    let object = if is_new {
        opened(reactor, &connection, taken.events)?
    } else {
        let object = reactor.connection(connection.tag());
        if let Some(state) = object.as_ref().and_then(Object::state::<TcpState>) {
            state.note_heard();
            state.with_unseen(|unseen| unseen.append(taken.events));
        }
        object
    };
    // Without its object a connection has been destroyed, and so have its events.
    let Some(this) = object else { return Ok(()) };
    let pair = Pair { this, connection };
    receive(&pair, (!is_new).then_some(taken.standing))?;
    if taken.drained && pair.is_together() {
        events::call_with(&pair, |pair| drained(&pair.this))?;
    }
    match taken.over {
        Some(reason) if pair.is_together() => {
            events::call_with(&pair, move |pair| over(&pair.this, reason))
        }
        _ => Ok(()),
    }
}

impl Pair {
    /// Whether the object speaks through the network's side.
    fn is_together(&self) -> bool {
        speaks_through(&self.this, &self.connection)
    }
}

#[cold]
fn drained(this: &Object) -> Result<()> {
    enter(Callback::OnBufferDrain);
    let callback = this.get(slots().on_buffer_drain);
    notify(this, &callback, &mut [this.to_zval()])?;
    close::ending_is_written(this)
}

#[cold]
fn over(this: &Object, reason: Closed) -> Result<()> {
    enter(Callback::OnClose);
    if reason == Closed::Failed {
        connection_interface::count(Counter::SendFail, 1);
        send::tell_loss(this, "client closed")?;
    }
    close::destroy(this)
}

/// Makes the object of a new connection, for which `events` wait, and introduces it to the script.
#[cold]
fn opened(
    reactor: &Reactor,
    connection: &Arc<Connection>,
    mut events: Events,
) -> Result<Option<Object>> {
    events.pop_front();
    // One that the script has made has its object already, which the script has prepared by now.
    if let Some(this) = reactor.connection(connection.tag()) {
        if let Some(state) = this.state::<TcpState>() {
            state.with_unseen(|unseen| unseen.append(events));
        }
        begin(&this, connection);
        return Ok(Some(this));
    }
    let Some(worker) = reactor.serving(connection.listener()) else {
        connection.destroy();
        return Ok(None);
    };
    let this = tcp_connection::adopt(connection).inspect_err(|_| {
        reactor.see_connection(connection);
        connection.destroy();
    })?;
    if let Some(state) = this.state::<TcpState>() {
        state.with_unseen(|unseen| *unseen = events);
    }
    reactor.remember_connection(connection, &this);
    worker::introduce(&worker, &this);
    enter(Callback::OnConnect);
    let connection = Arc::clone(connection);
    let introduced = (worker, Pair { this, connection });
    events::call_with(&introduced, |(worker, pair)| introduce(worker, pair))?;
    let this = introduced.1.this;
    Ok(has_network(&this).then_some(this))
}

fn introduce(worker: &Object, pair: &Pair) -> Result<()> {
    let on_connect = worker::on_connect(worker);
    worker::notify(&on_connect, &mut [pair.this.to_zval()])?;
    if has_network(&pair.this) {
        begin(&pair.this, &pair.connection);
    }
    Ok(())
}

/// Whether the script has left a new connection open.
fn has_network(this: &Object) -> bool {
    with_network(this, |_| ()).is_some()
}

/// Has a connection read, now that the script has prepared it: until then it is paused, so that nothing is cut before.
pub(super) fn begin(this: &Object, connection: &Arc<Connection>) {
    if let Some(state) = this.state::<TcpState>() {
        follow(this, state, connection);
    }
    if !this.bool(slots().is_paused) {
        connection.resume();
    }
}

/// Handles what was received, event by event, for as long as the script wants to hear of it. `standing` is how the connection stood when its
/// events were taken, if they were.
fn receive(pair: &Pair, standing: Option<Standing>) -> Result<()> {
    let Pair { this, connection } = pair;
    let Some(state) = this.state::<TcpState>() else {
        return Ok(());
    };
    // It stands so no longer where there was something to tell, or once PHP has run.
    let mut standing = if follow(this, state, connection) {
        None
    } else {
        standing
    };
    while state.has_unseen() && state.speaks_through(connection) {
        let standing = standing.take().unwrap_or_else(|| connection.standing());
        tcp_connection::note_traffic(this, standing.traffic);
        // What would be answered behind much that waits is not looked at.
        let waits = this.bool(slots().is_paused) || standing.is_behind;
        match next(state, waits) {
            Next::Handle => events::call_with(pair, handle_first)?,
            Next::Nothing => break,
            other => match put_off(pair, state, &other) {
                Some(event) => events::call_with(pair, |pair| handle(pair, event))?,
                None => break,
            },
        }
    }
    Ok(())
}

/// Does what there is to be done in place of handling the first event. Comes back with what is to be handled all the same.
#[cold]
fn put_off(pair: &Pair, state: &TcpState, next: &Next) -> Option<Event> {
    match next {
        Next::PutBack => {
            pair.connection.put_back(state.take_unseen());
            state.let_through(&pair.connection);
            None
        }
        Next::Keep => keep(state, &pair.connection),
        Next::CutBuffer => Some(Event::Message(Payload::Bytes(Vec::new().into()))),
        Next::Handle | Next::Nothing => None,
    }
}

/// What becomes of what waits.
enum Next {
    /// The network takes it back: the script does not want it yet.
    PutBack,
    /// It is kept until the request before it is answered.
    Keep,
    /// `$recvBuffer` is cut further.
    CutBuffer,
    /// The first event is handled.
    Handle,
    Nothing,
}

/// The next step where something waits; `waits` says whether the script wants nothing of what was received.
#[inline]
fn next(state: &TcpState, waits: bool) -> Next {
    let owes = state.owed.get() != Owed::Nothing;
    if !waits && !owes {
        return if state.take_interrupted() {
            Next::CutBuffer
        } else {
            Next::Handle
        };
    }
    state.with_unseen(|unseen| match unseen.front() {
        Some(first) if waits && is_received(first) => Next::PutBack,
        Some(first) if owes && is_answered(first) => Next::Keep,
        Some(_) => Next::Handle,
        None => Next::Nothing,
    })
}

/// Keeps what waits until the request before it is answered (RFC 9112 section 9.3.2). Comes back with what does not wait: the end of the
/// connection, after which there is nobody to answer to.
fn keep(state: &TcpState, connection: &Connection) -> Option<Event> {
    state.with_unseen(|unseen| {
        if matches!(unseen.back(), Some(Event::Closed(_))) {
            let end = unseen.pop_back();
            drop(std::mem::take(unseen));
            return end;
        }
        let counted = state.seldom().held.replace(unseen.len());
        connection.hold(unseen.iter().skip(counted).map(Event::weight).sum());
        None
    })
}

/// Whether an event is answered over HTTP, perhaps by a class of the application.
const fn is_answered(event: &Event) -> bool {
    matches!(
        event,
        Event::Message(Payload::Http(..) | Payload::Bytes(_)) | Event::Continue | Event::Fault(_)
    )
}

/// Whether an event waits while the connection is paused.
const fn is_received(event: &Event) -> bool {
    !matches!(
        event,
        Event::Connected
            | Event::ConnectFailed(_)
            | Event::Secured
            | Event::Insecure(_)
            | Event::Closed(_)
    )
}

/// Handles the first of the events that wait.
fn handle_first(pair: &Pair) -> Result<()> {
    let state = pair.this.state::<TcpState>();
    match state.and_then(|state| state.with_unseen(Events::pop_front)) {
        Some(event) => handle(pair, event),
        None => Ok(()),
    }
}

/// Handles an event, and tells the network what the script has changed meanwhile.
fn handle(pair: &Pair, event: Event) -> Result<()> {
    callbacks::call_back(&pair.this, &pair.connection, event)?;
    if let Some(state) = pair.this.state::<TcpState>()
        && state.speaks_through(&pair.connection)
    {
        follow(&pair.this, state, &pair.connection);
    }
    Ok(())
}

/// Tells the network what a callback may have changed on the connection. Whether it was told something comes back.
///
/// A handshake that a class of the application deals with comes to its end first: what stands behind it is for whatever is spoken then.
pub(super) fn follow(this: &Object, state: &TcpState, connection: &Arc<Connection>) -> bool {
    let wishes = state.wishes.get();
    let is_current = wishes.is_some_and(|wishes| is_current(wishes, this, state))
        || state.owed.get() == Owed::Handshake;
    if !is_current {
        convey(this, state, connection);
    }
    !is_current
}

/// Tells the network what the worker of a connection has changed that the connection does not decide itself.
pub(crate) fn follow_worker(this: &Object) {
    let wishes = this
        .state::<TcpState>()
        .and_then(|state| state.wishes.get());
    if let (Some(wishes), Some(connection)) = (wishes, network(this)) {
        let size = tcp_connection::max_package_size(this);
        connection.configure(worker::settings_for_connection(this, size, wishes.protocol));
    }
}

/// Whether these are still all that the script wants.
#[inline]
fn is_current(wishes: Wishes, this: &Object, state: &TcpState) -> bool {
    // One that is negative, or too large to be noted, is never the same, which costs a second look.
    i64::from(wishes.max_package_size) == this.long(slots().max_package_size)
        && wishes.secure == tcp_connection::is_secure(this)
        && (wishes.protocol.role().is_none()
            || wishes.callbacks == OwnCallbacks::of(this, wishes.protocol))
        && (protocols::is_literally(this, wishes.protocol) || speaks_the_same(wishes, this, state))
}

/// Whether the protocol that a connection is to speak is still the same, by whatever name.
#[cold]
fn speaks_the_same(wishes: Wishes, this: &Object, state: &TcpState) -> bool {
    let choice = protocols::of_connection(this);
    match choice.identity() {
        None => !wishes.speaks_class && choice.on_the_network() == wishes.protocol,
        class => wishes.speaks_class && class == known_class(state),
    }
}

/// Tells the network what the script wants of the connection now. Where that is another protocol, what the script has not seen is cut anew.
#[cold]
fn convey(this: &Object, state: &TcpState, connection: &Arc<Connection>) {
    let choice = protocols::of_connection(this);
    let class = choice.identity();
    let wishes = Wishes {
        max_package_size: Wishes::size(tcp_connection::max_package_size(this)),
        protocol: choice.on_the_network(),
        speaks_class: class.is_some(),
        secure: tcp_connection::is_secure(this),
        callbacks: OwnCallbacks::of(this, choice.on_the_network()),
    };
    let before = state.wishes.replace(Some(wishes));
    let class_before = note_class(state, class);
    if before == Some(wishes) && class_before == class {
        return;
    }
    if wishes.secure && !before.is_some_and(|before| before.secure) {
        starttls::follow(this, connection);
    }
    let size = tcp_connection::max_package_size(this);
    let settings = worker::settings_for_connection(this, size, wishes.protocol);
    let spoken = connection.configure(settings);
    let old = before.map_or(spoken, |before| before.protocol);
    if old != wishes.protocol || (before.is_some() && class_before != class) {
        answer::set_answered(this);
    }
    if old != wishes.protocol {
        protocols::websocket::carry_handshake(this, connection, wishes.protocol);
    }
    let left = before.is_some_and(|before| before.speaks_class) && !wishes.speaks_class;
    let buffer = left.then(|| packages::take_buffer(this)).flatten();
    if old != wishes.protocol || buffer.is_some() {
        let mut unseen = state.take_unseen();
        if let Some(buffer) = buffer {
            unseen.push_front(buffer);
        }
        connection.set_protocol(wishes.protocol, unseen);
    }
    let is_other_class = class.is_some() && before.is_some() && class_before != class;
    if is_other_class && this.length(slots().recv_buffer) > 0 {
        state.interrupt(true);
    }
}

/// The class of the application that cuts the connection's bytes, as the network was last told.
fn known_class(state: &TcpState) -> Option<usize> {
    state.seldom_if_any().and_then(|seldom| seldom.class.get())
}

/// Notes the class of the application that cuts the connection's bytes. Which one it was comes back.
fn note_class(state: &TcpState, class: Option<usize>) -> Option<usize> {
    if class.is_none() && state.seldom_if_any().is_none() {
        return None;
    }
    state.seldom().class.replace(class)
}
