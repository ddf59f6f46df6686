use std::fmt;

use clap::ValueEnum;

/// What is measured. A message is what the clients wait for: an answer, or a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Scenario {
    /// A line to the text port, a websocket frame to one of 1,000 clients, `ok` back
    Push,
    /// The same with 5,000 clients
    Push5000,
    /// The same with 1,000 clients over TLS
    PushTls,
    /// 128 bytes to each of 1,000 websocket clients
    Broadcast,
    /// The same to 5,000
    Broadcast5000,
    /// "Hello, world" over kept connections
    HttpHello,
    /// The same, sixteen requests at a time
    HttpPipelined,
    /// The same over TLS
    HttpsHello,
    /// The same with two worker processes
    HttpTwoWorkers,
    /// JSON made from query, header and cookie; no request like another
    HttpJson,
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
    /// Websocket pings, while a callback blocks for 50 ms again and again
    PingBlocked,
    /// 20,000 websocket clients that send a ping every ten seconds
    Heartbeats,
    /// 10,000 websocket clients that say nothing: the memory of each
    Idle,
    /// The same, and the script has set two properties on each
    IdleNamed,
}

/// What decides how it is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    /// With the server as busy as it can be, and again at a fixed rate.
    Saturated,
    /// At so many messages a second.
    Fixed(f64),
    /// The memory of clients that do nothing.
    Memory,
}

impl Scenario {
    pub const ALL: [Self; 23] = [
        Self::Push,
        Self::Push5000,
        Self::PushTls,
        Self::Broadcast,
        Self::Broadcast5000,
        Self::HttpHello,
        Self::HttpPipelined,
        Self::HttpsHello,
        Self::HttpTwoWorkers,
        Self::HttpJson,
        Self::HttpPost,
        Self::File1k,
        Self::File10m,
        Self::Upload100m,
        Self::Connect,
        Self::TextEcho,
        Self::WebsocketEcho,
        Self::Websocket64k,
        Self::Websocket1m,
        Self::PingBlocked,
        Self::Heartbeats,
        Self::Idle,
        Self::IdleNamed,
    ];

    pub const fn clients(self) -> usize {
        match self {
            Self::Push | Self::PushTls | Self::Broadcast => 1000,
            Self::Push5000 | Self::Broadcast5000 => 5000,
            Self::WebsocketEcho => 100,
            Self::Heartbeats => 20_000,
            Self::Idle | Self::IdleNamed => 10_000,
            Self::Connect | Self::Websocket64k => 16,
            Self::File10m | Self::Upload100m | Self::Websocket1m => 4,
            _ => 64,
        }
    }

    pub const fn manner(self) -> Manner {
        match self {
            Self::Idle | Self::IdleNamed => Manner::Memory,
            Self::Heartbeats => Manner::Fixed(2000.0),
            Self::PingBlocked => Manner::Fixed(1000.0),
            _ => Manner::Saturated,
        }
    }

    /// How many messages a client is answered at once.
    pub const fn at_once(self, clients: usize) -> u64 {
        match self {
            Self::HttpPipelined => 16,
            Self::Broadcast | Self::Broadcast5000 => clients as u64,
            _ => 1,
        }
    }

    /// How often clients send for so many messages, about: less often what is large.
    pub fn sendings(self, messages: u64, clients: usize) -> u64 {
        let weight = match self {
            Self::Websocket64k => 10,
            Self::Websocket1m => 100,
            Self::File10m | Self::Upload100m => 1000,
            _ => self.at_once(clients),
        };
        (messages / weight).max(10)
    }

    pub const fn has_back_end(self) -> bool {
        matches!(self, Self::Push | Self::Push5000 | Self::PushTls)
    }

    pub const fn is_secure(self) -> bool {
        matches!(self, Self::PushTls | Self::HttpsHello)
    }

    pub const fn workers(self) -> usize {
        match self {
            Self::HttpTwoWorkers => 2,
            _ => 1,
        }
    }

    /// The script under `servers/`.
    pub const fn script(self) -> &'static str {
        match self {
            Self::Push | Self::Push5000 | Self::PushTls => "push.php",
            Self::Broadcast | Self::Broadcast5000 => "broadcast.php",
            Self::HttpHello
            | Self::HttpPipelined
            | Self::HttpsHello
            | Self::HttpTwoWorkers
            | Self::Connect => "hello.php",
            Self::HttpJson => "json.php",
            Self::HttpPost | Self::Upload100m => "post.php",
            Self::File1k | Self::File10m => "file.php",
            Self::TextEcho => "text.php",
            Self::WebsocketEcho
            | Self::Websocket64k
            | Self::Websocket1m
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
