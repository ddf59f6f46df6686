use std::fmt;

use crate::server::Usage;

/// What one measurement gave.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    pub messages: u64,
    pub seconds: f64,
    /// Microseconds that half of the clients waited at most.
    pub p50: f64,
    /// Microseconds that 99 % waited at most, as it was in half of the slices of time.
    pub p99: f64,
    pub usage: Usage,
    pub resident_bytes: u64,
    pub bytes_per_client: f64,
    /// Open connections of each worker process.
    pub connections: Vec<usize>,
}

impl Outcome {
    /// Microseconds of processor time per message.
    pub fn cpu(&self) -> f64 {
        self.per_message(self.usage.user + self.usage.system)
    }

    /// Those outside of the kernel.
    pub fn user(&self) -> f64 {
        self.per_message(self.usage.user)
    }

    fn per_message(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.messages as f64
    }

    /// Messages a second.
    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.messages {
            0 => write!(out, "{:.0} bytes per client", self.bytes_per_client),
            _ => write!(out, "{:.0}/s, {:.2} us", self.rate(), self.cpu()),
        }
    }
}

/// What one server gave, from its start to its end.
#[derive(Debug, Default, Clone)]
pub struct Visit {
    /// As fast as it went, at the rate that the scenario has, or the memory.
    pub main: Outcome,
    /// At parts of what the slower of bare tokio and Ouvrier can do.
    pub at_loads: Vec<Outcome>,
}
