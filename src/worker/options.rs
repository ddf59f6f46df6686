//! Options of a worker beyond Workerman's API: groups of the stream context that is the second argument of its constructor.
//!
//! An option is a field of [`Policy`], a line of the table below, and a line of `docs/options.md`.

use std::{ops::RangeInclusive, result::Result as Read, time::Duration};

use ext_php_rs::types::Zval;
use ouvrier_net::{Compression, Policy, Protocol, policy::SlowConsumer};
use ouvrier_protocol::{forwarded::Trusted, websocket::Origins};

use super::{compression, slots, socket_name};
use crate::{
    protocols::{self, Choice, http},
    zend::{Object, Result, Unwind, array, exception},
};

/// The groups that are ours. Others, such as `socket` and `ssl`, have a meaning elsewhere or none.
const GROUPS: [&str; 4] = ["websocket", "http", "limits", "proxy"];

/// An option: its group, its name, and how its value becomes part of a policy.
struct Known(
    &'static str,
    &'static str,
    fn(&mut Policy, &Given) -> Read<(), String>,
);

/// Declares the table: where in the policy a value goes, and how it is read.
macro_rules! table {
    ($($group:ident . $name:ident: $read:ident($($argument:expr)?)),* $(,)?) => {
        const KNOWN: &[Known] = &[$(Known(
            stringify!($group),
            stringify!($name),
            |policy, given| {
                policy.$group.$name = given.$read($($argument)?)?;
                Ok(())
            },
        )),*];
    };
}

table! {
    websocket.origins: origins(),
    websocket.handshake_timeout: seconds(),
    websocket.first_message_timeout: seconds(),
    websocket.ping_interval: seconds(),
    websocket.pong_timeout: seconds(),
    websocket.idle_timeout: seconds(),
    http.body_in_memory: count(0..=1 << 40),
    http.header_timeout: seconds(),
    http.body_timeout: seconds(),
    http.body_rate: count(0..=u32::MAX),
    http.write_timeout: seconds(),
    http.write_rate: count(0..=u32::MAX),
    http.idle_timeout: seconds(),
    http.compression: flag(),
    http.compression_least: count(1..=1 << 40),
    limits.head_size: count(512..=1 << 20),
    limits.uri_size: count(0..=1 << 20),
    limits.header_count: count(0..=1 << 20),
    limits.frame_size: count(0..=u32::MAX as usize),
    limits.fragments: count(0..=u32::MAX),
    limits.control_frames: count(0..=u32::MAX),
    limits.connections: count(0..=u32::MAX as usize),
    limits.connections_per_address: count(0..=u32::MAX),
    limits.queued_bytes: count(0..=1 << 40),
    limits.slow_consumer: slow_consumer(),
    limits.close_timeout: seconds(),
    proxy.trusted: trusted(),
    proxy.protocol: flag(),
    websocket.compression: compression(),
    websocket.follow_type: flag(),
}

/// What the constructor of a worker was given.
///
/// # Errors
/// A `RuntimeException` that names the option. One that is not known is an error: ignored, it might leave a service less safe than its
/// script says.
pub(super) fn of(worker: &Object) -> Result<Policy> {
    let context = worker.get(slots().socket_context);
    let policy = read(&context, &GROUPS, |_| true).and_then(|policy| {
        refuse_lost(worker, &context)?;
        Ok(policy)
    });
    if exception::pending() {
        return Err(Unwind::Exception);
    }
    match policy {
        Ok(mut policy) => {
            policy.http.folder = http::body_folder();
            Ok(policy)
        }
        Err(problem) => exception::throw_runtime(&format!("{}: {problem}", socket_name(worker))),
    }
}

/// What a websocket client was given, in the context of its connection: of the group `websocket` what has a meaning for both ends.
///
/// # Errors
/// As [`of`].
pub(crate) fn of_client(context: &Zval) -> Result<Policy> {
    const BOTH: [&str; 2] = ["compression", "follow_type"];
    read(context, &["websocket"], |name| BOTH.contains(&name))
        .or_else(|problem| exception::throw_runtime(&problem))
}

fn read(
    context: &Zval,
    groups: &[&'static str],
    has_meaning: impl Fn(&str) -> bool,
) -> Read<Policy, String> {
    let mut policy = Policy::default();
    for &group in groups {
        let Some(options) = array::get_name(context, group).filter(|options| !options.is_null())
        else {
            continue;
        };
        if !options.is_array() {
            return Err(format!("the option {group} has to be an array of options"));
        }
        for (name, value) in array::entries(&options) {
            let name = String::from_utf8_lossy(&name.into_bytes()).into_owned();
            let Some(Known(.., put)) = KNOWN
                .iter()
                .find(|known| (known.0, known.1) == (group, &name) && has_meaning(known.1))
            else {
                return Err(unknown(group, &name, has_meaning));
            };
            let value = Given { group, name, value };
            // What is null keeps its default.
            if !value.value.is_null() {
                put(&mut policy, &value)?;
            }
        }
    }
    if policy.proxy.protocol && policy.proxy.trusted.is_empty() {
        return Err(
            "the option proxy.protocol needs a list of proxies in proxy.trusted".to_owned(),
        );
    }
    Ok(policy)
}

/// Refuses what the network keeps for a protocol class of ours, where the worker has one in PHP that extends it. A class that extends none may hand
/// its connections to one of ours, for which everything is kept from then on.
fn refuse_lost(worker: &Object, context: &Zval) -> Read<(), String> {
    let Choice::Application(class) = super::protocol(worker) else {
        return Ok(());
    };
    let Some(native) = protocols::extended(&class) else {
        return Ok(());
    };
    for group in GROUPS {
        let options = array::get_name(context, group).unwrap_or_else(Zval::new_array);
        for (name, value) in array::entries(&options) {
            let name = String::from_utf8_lossy(&name.into_bytes()).into_owned();
            if !value.is_null() && is_lost(native, group, &name) {
                let class = class.string().unwrap_or_default();
                return Err(format!(
                    "the option {group}.{name} is kept by the network, which leaves this worker's messages to the class {class}: \
                     use the class that it extends, or leave the option out"
                ));
            }
        }
    }
    Ok(())
}

fn is_lost(native: Protocol, group: &str, name: &str) -> bool {
    match (native, group) {
        (Protocol::Websocket, "websocket") => true,
        (Protocol::Websocket, "limits") => ["head_size", "frame_size", "fragments"].contains(&name),
        // Responses are compressed in PHP's thread.
        (Protocol::Http, "http") => !name.starts_with("compression"),
        (Protocol::Http, "limits") => ["head_size", "uri_size", "header_count"].contains(&name),
        _ => false,
    }
}

fn unknown(group: &str, name: &str, has_meaning: impl Fn(&str) -> bool) -> String {
    let known = KNOWN
        .iter()
        .filter(|known| known.0 == group && has_meaning(known.1));
    let names: Vec<_> = known.map(|known| known.1).collect();
    if names.is_empty() {
        return format!("the option {group}.{name} is not known: {group} has no options");
    }
    let names = names.join(", ");
    format!("the option {group}.{name} is not known; those of {group} are {names}")
}

/// The value that a script gave an option.
struct Given {
    group: &'static str,
    name: String,
    value: Zval,
}

impl Given {
    /// An integer within `range`.
    fn count<N: TryInto<i64> + TryFrom<i64> + Copy>(
        &self,
        range: RangeInclusive<N>,
    ) -> Read<N, String> {
        let bound = |end: &N| (*end).try_into().unwrap_or(i64::MAX);
        let (least, most) = (bound(range.start()), bound(range.end()));
        self.value
            .long()
            .filter(|number| (least..=most).contains(number))
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| self.refuse(&format!("an integer between {least} and {most}")))
    }

    /// A time in seconds, of up to a week; 0 for no limit.
    fn seconds(&self) -> Read<Duration, String> {
        const LONGEST: f64 = 604_800.0;
        let whole = self.value.long().map(|number| number as f64);
        whole
            .or_else(|| self.value.double())
            .filter(|number| (0.0..=LONGEST).contains(number))
            .map(Duration::from_secs_f64)
            .ok_or_else(|| self.refuse(&format!("a number of seconds between 0 and {LONGEST}")))
    }

    /// What becomes of clients that do not take what is sent to them.
    fn slow_consumer(&self) -> Read<SlowConsumer, String> {
        let word = self.value.zend_str().map(|text| text.as_bytes());
        match (word, self.value.long()) {
            (Some(b"drop"), _) => Ok(SlowConsumer::Drop),
            (_, Some(1008)) => Ok(SlowConsumer::Close(1008)),
            (_, Some(1013)) => Ok(SlowConsumer::Close(1013)),
            _ => Err(self.refuse("'drop' or one of the close codes 1008 and 1013")),
        }
    }

    /// A list of addresses and networks.
    fn trusted(&self) -> Read<Trusted, String> {
        let list = self.texts("a list of addresses")?;
        Trusted::new(list.iter().flatten().map(String::as_str))
            .map_err(|error| format!("the option {}.{}: {error}", self.group, self.name))
    }

    fn flag(&self) -> Read<bool, String> {
        self.value
            .bool()
            .ok_or_else(|| self.refuse("true or false"))
    }

    /// A list of origins, in which null stands for clients that send none.
    fn origins(&self) -> Read<Option<Origins>, String> {
        let list = self.texts("a list of origins")?;
        Origins::new(list.iter().map(Option::as_deref))
            .map(Some)
            .map_err(|error| format!("the option {}.{}: {error}", self.group, self.name))
    }

    /// A list of strings and null.
    fn texts(&self, wanted: &str) -> Read<Vec<Option<String>>, String> {
        if !self.value.is_array() {
            return Err(self.refuse(wanted));
        }
        let texts = array::values(&self.value).into_iter().map(|entry| {
            if entry.is_null() {
                return Ok(None);
            }
            entry.string().map(Some).ok_or_else(|| {
                let Self { group, name, .. } = self;
                let given = described(&entry);
                format!("the option {group}.{name} has to be {wanted}, {given} found in it")
            })
        });
        texts.collect()
    }

    fn compression(&self) -> Read<Option<Compression>, String> {
        compression::read(&self.value).map_err(|wanted| self.refuse(&wanted))
    }

    fn refuse(&self, wanted: &str) -> String {
        let Self { group, name, value } = self;
        let given = described(value);
        format!("the option {group}.{name} has to be {wanted}, {given} given")
    }
}

/// A number as it is, of anything else its type.
fn described(value: &Zval) -> String {
    if let Some(number) = value.long() {
        return number.to_string();
    }
    if let Some(number) = value.double() {
        return number.to_string();
    }
    match Object::from_zval(value) {
        Some(object) => object.class().name().unwrap_or("object").to_owned(),
        None if value.is_string() => "string".to_owned(),
        None if value.is_bool() => "bool".to_owned(),
        None if value.is_array() => "array".to_owned(),
        None => "resource".to_owned(),
    }
}
