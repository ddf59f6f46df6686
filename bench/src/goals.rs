//! What Ouvrier is to reach. The report says whether it did.

use crate::scenario::Scenario;

/// p99 at a load, times that of the first server.
pub const P99: f64 = 1.5;
/// Cost per message with most clients, times that with fewest, where the same is 1 for the first server.
pub const GROWTH: f64 = 1.3;

/// Goals of a scenario.
#[derive(Clone, Copy, Default)]
pub struct Goals {
    /// CPU per message, times that of the first server.
    pub cpu: Option<f64>,
    /// User CPU per message, in microseconds above the best server without PHP.
    pub user: Option<f64>,
    /// CPU per message of each server with PHP, times that of Ouvrier.
    pub lead: f64,
    /// KiB for a client that does nothing.
    pub memory: Option<f64>,
}

impl Goals {
    pub const fn of(scenario: Scenario) -> Self {
        let none = Self {
            cpu: None,
            user: None,
            lead: 1.0,
            memory: None,
        };
        let quick = Self {
            cpu: Some(1.15),
            user: Some(0.8),
            ..none
        };
        match scenario {
            Scenario::PushSingle
            | Scenario::TextEcho
            | Scenario::WebsocketEcho
            | Scenario::Broadcast
            | Scenario::HttpHello => quick,
            Scenario::Push => Self { lead: 2.0, ..quick },
            Scenario::HttpsHello | Scenario::PushTls => Self {
                user: None,
                lead: 2.0,
                ..quick
            },
            Scenario::HttpJson => Self {
                cpu: Some(1.4),
                user: Some(2.0),
                lead: 2.0,
                ..none
            },
            Scenario::HttpPost | Scenario::HttpJsonBrowser => Self {
                user: Some(2.0),
                ..none
            },
            Scenario::HttpPipelined => Self {
                user: Some(1.0),
                lead: 4.0,
                ..none
            },
            Scenario::Idle => Self {
                memory: Some(2.0),
                ..none
            },
            Scenario::IdleNamed => Self {
                memory: Some(4.0),
                ..none
            },
            _ => none,
        }
    }
}
