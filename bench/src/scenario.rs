use std::{fmt, str::FromStr};

use clap::ValueEnum;

/// What is measured. A message is what the clients wait for: an answer, or a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Sixteen lines to the text port at a time, for each a websocket frame to one of 1,000 clients, and `ok` back
    Push,
    /// The same, one line at a time: the next when `ok` is there
    PushSingle,
    /// Sixteen at a time to clients over TLS
    PushTls,
    /// 128 bytes to each of 1,000 websocket clients
    Broadcast,
    /// "Hello, world" over kept connections
    HttpHello,
    /// The same, sixteen requests at a time
    HttpPipelined,
    /// The same over TLS
    HttpsHello,
    /// The same with two worker processes that share a listening socket
    HttpTwoWorkers,
    /// The same with two worker processes that have one each (SO_REUSEPORT)
    HttpReusePort,
    /// JSON made from query, header and cookie; no request like another
    HttpJson,
    /// The same, with the header fields that a browser sends
    HttpJsonBrowser,
    /// A body of 10 KB, its length as the answer
    HttpPost,
    /// A file of 1 KB
    File1k,
    /// A file of 10 MB
    File10m,
    /// A body of 100 MB, its length as the answer
    Upload100m,
    /// Connect, one request, reset
    Connect,
    /// A line of 16 bytes and back
    TextEcho,
    /// A frame of 125 bytes and back
    WebsocketEcho,
    /// A message of 64 KB and back
    Websocket64k,
    /// A message of 1 MB and back
    Websocket1m,
    /// 1,000 bytes of JSON and back, compressed both ways (permessage-deflate)
    DeflateEcho,
    /// The same to each of 1,000 websocket clients
    DeflateBroadcast,
    /// Websocket pings, while a callback blocks for 50 ms again and again
    PingBlocked,
    /// 19,000 websocket clients that send a ping every ten seconds
    Heartbeats,
    /// 10,000 websocket clients that say nothing: the memory of each
    Idle,
    /// The same, and the script has set two properties on each
    IdleNamed,
}

/// What decides how it is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    /// With the server as busy as it can be, and again at fixed rates.
    Saturated,
    /// At so many messages a second.
    Fixed(f64),
    /// The memory of clients that do nothing.
    Memory,
}

impl Scenario {
    pub const fn clients(self) -> usize {
        match self {
            Self::Push
            | Self::PushSingle
            | Self::PushTls
            | Self::Broadcast
            | Self::DeflateBroadcast => 1000,
            Self::WebsocketEcho => 100,
            Self::Heartbeats => 19_000,
            Self::Idle | Self::IdleNamed => 10_000,
            Self::Connect | Self::Websocket64k => 16,
            Self::File10m | Self::Upload100m | Self::Websocket1m => 4,
            _ => 64,
        }
    }

    pub const fn manner(self) -> Manner {
        match self {
            Self::Idle | Self::IdleNamed => Manner::Memory,
            Self::Heartbeats => Manner::Fixed(1900.0),
            Self::PingBlocked => Manner::Fixed(1000.0),
            _ => Manner::Saturated,
        }
    }

    /// Whether there are enough messages a second for a percentile, and a core left for who sends them.
    pub const fn has_loads(self) -> bool {
        !self.is_large() && self.workers() == 1
    }

    /// Whether there are only a few messages a second.
    pub const fn is_large(self) -> bool {
        matches!(self, Self::Websocket1m | Self::File10m | Self::Upload100m)
    }

    pub const fn is_broadcast(self) -> bool {
        matches!(self, Self::Broadcast | Self::DeflateBroadcast)
    }

    pub const fn is_compressed(self) -> bool {
        matches!(self, Self::DeflateEcho | Self::DeflateBroadcast)
    }

    pub const fn has_back_end(self) -> bool {
        matches!(self, Self::Push | Self::PushSingle | Self::PushTls)
    }

    pub const fn is_secure(self) -> bool {
        matches!(self, Self::PushTls | Self::HttpsHello)
    }

    pub const fn workers(self) -> usize {
        match self {
            Self::HttpTwoWorkers | Self::HttpReusePort => 2,
            _ => 1,
        }
    }

    /// Listening sockets of all workers together.
    pub const fn listeners(self) -> usize {
        match self {
            Self::HttpReusePort => 2,
            _ => 1,
        }
    }

    /// The script under `servers/`.
    pub const fn script(self) -> &'static str {
        match self {
            Self::Push | Self::PushSingle | Self::PushTls => "push.php",
            Self::Broadcast | Self::DeflateBroadcast => "broadcast.php",
            Self::HttpHello
            | Self::HttpPipelined
            | Self::HttpsHello
            | Self::HttpTwoWorkers
            | Self::HttpReusePort
            | Self::Connect => "hello.php",
            Self::HttpJson | Self::HttpJsonBrowser => "json.php",
            Self::HttpPost | Self::Upload100m => "post.php",
            Self::File1k | Self::File10m => "file.php",
            Self::TextEcho => "text.php",
            Self::WebsocketEcho
            | Self::Websocket64k
            | Self::Websocket1m
            | Self::DeflateEcho
            | Self::Heartbeats
            | Self::Idle => "websocket.php",
            Self::PingBlocked => "blocking.php",
            Self::IdleNamed => "named.php",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// A scenario with its usual clients, `push`, or with so many, `push:5000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub scenario: Scenario,
    pub clients: usize,
}

impl Case {
    /// Everything that there is to measure.
    pub fn usual() -> Vec<Self> {
        let crowds = [
            (Scenario::Push, 100),
            (Scenario::Push, 5000),
            (Scenario::Push, 19_000),
            (Scenario::Broadcast, 5000),
        ];
        let crowds = crowds.map(|(scenario, clients)| Self { scenario, clients });
        let all = Scenario::value_variants().iter().copied();
        all.map(Self::from).chain(crowds).collect()
    }

    /// How many messages are answered at once.
    pub const fn at_once(self) -> u64 {
        match self.scenario {
            Scenario::HttpPipelined | Scenario::Push | Scenario::PushTls => 16,
            scenario if scenario.is_broadcast() => self.clients as u64,
            _ => 1,
        }
    }

    /// How often clients send for so many messages, about: less often what is large.
    pub fn sendings(self, messages: u64) -> u64 {
        let weight = match self.scenario {
            Scenario::Websocket64k => 10,
            Scenario::Websocket1m => 100,
            Scenario::File10m | Scenario::Upload100m => 1000,
            _ => self.at_once(),
        };
        (messages / weight).max(10)
    }
}

impl From<Scenario> for Case {
    fn from(scenario: Scenario) -> Self {
        let clients = scenario.clients();
        Self { scenario, clients }
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, clients) = text.split_once(':').unwrap_or((text, ""));
        let scenario = Scenario::from_str(name, false)?;
        let clients = match clients {
            "" => scenario.clients(),
            number => number
                .parse()
                .map_err(|_| format!("{number} is no number of clients"))?,
        };
        Ok(Self { scenario, clients })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clients == self.scenario.clients() {
            true => self.scenario.fmt(formatter),
            false => formatter.pad(&format!("{}:{}", self.scenario, self.clients)),
        }
    }
}
