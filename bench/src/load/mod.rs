//! Clients. Each sends, waits for the answer and sends again, so that the server is as busy as it can be.

mod broadcast;
mod http;
mod idle;
mod meter;
mod push;
mod stream;
mod text;
mod websocket;

use std::{future::Future, rc::Rc, time::Duration};

use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::sleep,
};

use crate::{
    Result,
    scenario::Scenario,
    server::{Server, Usage},
};
pub use meter::Meter;

/// Before it counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// What one measurement gave.
#[derive(Debug, Default)]
pub struct Outcome {
    pub messages: u64,
    pub seconds: f64,
    /// Microseconds that half of the clients waited at most.
    pub p50: f64,
    pub p99: f64,
    pub usage: Usage,
    pub resident_bytes: u64,
    pub bytes_per_client: f64,
}

impl Outcome {
    pub fn micros_per_message(&self, seconds: f64) -> f64 {
        seconds * 1e6 / self.messages as f64
    }
}

pub fn run(
    scenario: Scenario,
    server: &Server,
    clients: usize,
    duration: Duration,
) -> Result<Outcome> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let port = server.port;
    LocalSet::new().block_on(&runtime, async {
        let meter = Rc::new(Meter::default());
        match scenario {
            Scenario::Idle => return idle::measure(server, clients).await,
            Scenario::Broadcast => broadcast::start(&meter, port, clients).await?,
            Scenario::Push => push::start(&meter, server, clients).await?,
            Scenario::HttpHello => start(clients, |_| http::hello(meter.clone(), port, 1)),
            Scenario::HttpPipelined => start(clients, |_| http::hello(meter.clone(), port, 16)),
            Scenario::HttpJson => start(clients, |client| http::json(meter.clone(), port, client)),
            Scenario::HttpPost => start(clients, |_| http::post(meter.clone(), port)),
            Scenario::Connect => start(clients, |_| http::connect(meter.clone(), port)),
            Scenario::TextEcho => start(clients, |_| text::echo(meter.clone(), port)),
            Scenario::WebsocketEcho => start(clients, |_| websocket::echo(meter.clone(), port)),
        }
        measure(&meter, server, duration).await
    })
}

/// Runs so many clients until the measurement is over. What goes wrong in one of them is said.
fn start<F>(clients: usize, client: impl Fn(usize) -> F)
where
    F: Future<Output = Result> + 'static,
{
    for number in 0..clients {
        let client = client(number);
        spawn_local(async move {
            if let Err(error) = client.await {
                eprintln!("a client failed: {error}");
            }
        });
    }
}

async fn measure(meter: &Meter, server: &Server, duration: Duration) -> Result<Outcome> {
    sleep(WARM_UP).await;
    let before = server.usage();
    let start = meter.start();
    sleep(duration).await;
    let (messages, latencies) = meter.stop();
    let seconds = start.elapsed().as_secs_f64();
    let after = server.usage();
    if messages == 0 {
        return Err("no message came through".into());
    }
    let percentile = |share: f64| {
        let place = (latencies.len() as f64 * share) as usize;
        latencies.get(place).copied().unwrap_or_default() * 1e6
    };
    Ok(Outcome {
        messages,
        seconds,
        p50: percentile(0.5),
        p99: percentile(0.99),
        usage: Usage {
            user: after.user - before.user,
            system: after.system - before.system,
        },
        resident_bytes: server.resident_bytes(),
        bytes_per_client: 0.0,
    })
}
