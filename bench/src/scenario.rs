use std::fmt;

use clap::ValueEnum;

/// What is measured. A message is what the clients wait for: an answer, or a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Scenario {
    /// A line to the text port, a websocket frame to one client, `ok` back
    Push,
    /// 128 bytes to every websocket client
    Broadcast,
    /// "Hello, world" over kept connections
    HttpHello,
    /// The same, sixteen requests at a time
    HttpPipelined,
    /// JSON made from query, header and cookie; no request like another
    HttpJson,
    /// A body of 10 KB, its length as the answer
    HttpPost,
    /// A line of 16 bytes and back
    TextEcho,
    /// A frame of 125 bytes and back
    WebsocketEcho,
    /// Connect, one request, reset
    Connect,
    /// Websocket clients that say nothing: the memory of each
    Idle,
}

impl Scenario {
    pub const ALL: [Self; 10] = [
        Self::Push,
        Self::Broadcast,
        Self::HttpHello,
        Self::HttpPipelined,
        Self::HttpJson,
        Self::HttpPost,
        Self::TextEcho,
        Self::WebsocketEcho,
        Self::Connect,
        Self::Idle,
    ];

    pub fn clients(self) -> usize {
        match self {
            Self::Push | Self::Broadcast => 1000,
            Self::WebsocketEcho => 100,
            Self::Idle => 10_000,
            Self::Connect => 16,
            _ => 64,
        }
    }

    /// The script under `servers/`.
    pub fn script(self) -> &'static str {
        match self {
            Self::Push => "push.php",
            Self::Broadcast => "broadcast.php",
            Self::HttpHello | Self::HttpPipelined | Self::Connect => "hello.php",
            Self::HttpJson => "json.php",
            Self::HttpPost => "post.php",
            Self::TextEcho => "text.php",
            Self::WebsocketEcho | Self::Idle => "websocket.php",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}
