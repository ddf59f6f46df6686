//! Clients. Each sends when the [`Meter`] admits it, and then waits for the answer.

mod broadcast;
mod http;
mod idle;
mod meter;
mod push;
mod stream;
mod text;
mod websocket;

use std::{
    future::Future,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Builder,
    task::{LocalSet, spawn_local},
    time::sleep,
};

use crate::{
    Result,
    scenario::{Manner, Scenario},
    server::{Server, Usage},
};
pub use meter::{Meter, Pace};
pub use stream::Target;

/// Before it counts.
const WARM_UP: Duration = Duration::from_millis(500);
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What one measurement gave.
#[derive(Debug, Default, Clone)]
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

    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }
}

/// How a measurement is to be done.
pub struct Plan {
    pub clients: usize,
    pub duration: Duration,
    /// Messages a second; as many as there can be if there is none.
    pub rate: Option<f64>,
}

pub fn run(scenario: Scenario, server: &Server, plan: &Plan) -> Result<Outcome> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        if scenario.manner() == Manner::Memory {
            return idle::measure(server, plan.clients).await;
        }
        let meter = Rc::new(Meter::default());
        if let Some(rate) = plan.rate {
            let sendings = rate / scenario.at_once(plan.clients) as f64;
            meter.set_pace(Pace::Every {
                interval: Duration::from_secs_f64(1.0 / sendings),
                next: Instant::now(),
            });
        }
        start(scenario, &meter, server, plan.clients).await?;
        meter.skip_the_past();
        measure(&meter, server, plan.duration).await
    })
}

/// Starts the clients of a scenario, which go on until they are dropped.
pub async fn start(
    scenario: Scenario,
    meter: &Rc<Meter>,
    server: &Server,
    clients: usize,
) -> Result {
    let target = server.target();
    let post = |length| {
        spawn(clients, |_| {
            http::post(meter.clone(), target.clone(), length)
        })
    };
    let hello = |depth| {
        spawn(clients, |_| {
            http::hello(meter.clone(), target.clone(), depth)
        })
    };
    let echo = |length| {
        spawn(clients, |_| {
            websocket::echo(meter.clone(), target.clone(), length)
        })
    };
    match scenario {
        Scenario::Broadcast | Scenario::Broadcast5000 => {
            broadcast::start(meter, &target, clients).await?;
        }
        Scenario::Push | Scenario::Push5000 | Scenario::PushTls => {
            push::start(meter, &target, &server.back_end(), clients).await?;
        }
        Scenario::PingBlocked => {
            websocket::pings(meter, &target, clients).await?;
            websocket::block(&target);
        }
        Scenario::Heartbeats => websocket::pings(meter, &target, clients).await?,
        Scenario::HttpHello
        | Scenario::HttpsHello
        | Scenario::HttpTwoWorkers
        | Scenario::File1k
        | Scenario::File10m => hello(1),
        Scenario::HttpPipelined => hello(16),
        Scenario::HttpJson => {
            spawn(clients, |client| {
                http::json(meter.clone(), target.clone(), client)
            });
        }
        Scenario::HttpPost => post(10_000),
        Scenario::Upload100m => post(100 * MIB),
        Scenario::Connect => spawn(clients, |_| http::connect(meter.clone(), target.clone())),
        Scenario::TextEcho => spawn(clients, |_| text::echo(meter.clone(), target.clone())),
        Scenario::WebsocketEcho => echo(125),
        Scenario::Websocket64k => echo(64 * KIB),
        Scenario::Websocket1m => echo(MIB),
        Scenario::Idle | Scenario::IdleNamed => return Err("idle clients send nothing".into()),
    }
    Ok(())
}

/// Runs so many clients until the measurement is over. What goes wrong in one of them is said.
fn spawn<F>(clients: usize, client: impl Fn(usize) -> F)
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
