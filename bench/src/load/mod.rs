//! Clients. Each sends when the [`Meter`] admits it, and then waits for the answer.

mod broadcast;
mod http;
mod idle;
mod latencies;
mod meter;
mod outcome;
mod push;
mod stream;
mod text;
mod websocket;

use std::{future::Future, rc::Rc, time::Duration};

use tokio::{
    runtime::Builder,
    task::{JoinSet, LocalSet, spawn_local},
    time::{sleep, timeout},
};

use crate::{
    Result,
    scenario::{Case, Manner, Scenario},
    server::{Server, Usage},
};
pub use meter::{Meter, Pace};
pub use outcome::{Outcome, Visit};
use stream::Stream;
pub use stream::Target;

/// Before it counts.
const WARM_UP: Duration = Duration::from_millis(500);
/// Until clients that were as fast as they could keep to a rate.
const SETTLING: Duration = Duration::from_millis(100);
/// Clients that connect together: fewer than servers have room for before they accept.
const AT_A_TIME: usize = 64;
const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// How a server is to be measured.
pub struct Plan {
    pub duration: Duration,
    /// Messages a second at which it is measured as well.
    pub rates: Vec<f64>,
    /// When to give up.
    pub limit: Duration,
}

pub fn visit(case: Case, server: &Server, plan: &Plan) -> Result<Visit> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let limit = plan.limit;
        match timeout(limit, measure_all(case, server, plan)).await {
            Ok(visit) => visit,
            Err(_) => Err(format!("not done within {} seconds", limit.as_secs()).into()),
        }
    })
}

async fn measure_all(case: Case, server: &Server, plan: &Plan) -> Result<Visit> {
    let meter = Rc::new(Meter::default());
    match case.scenario.manner() {
        Manner::Memory => {
            let main = idle::measure(server, case.clients).await?;
            return Ok(Visit {
                main,
                ..Visit::default()
            });
        }
        Manner::Fixed(rate) => {
            // Nobody sends before all are there.
            meter.set_pace(Pace::Times(0));
            start(case, &meter, server).await?;
            meter.set_rate(rate);
        }
        Manner::Saturated => start(case, &meter, server).await?,
    }
    sleep(WARM_UP).await;
    let main = measure(&meter, server, plan.duration).await?;
    let mut at_loads = Vec::new();
    for rate in &plan.rates {
        meter.set_rate(rate / case.at_once() as f64);
        sleep(SETTLING).await;
        at_loads.push(measure(&meter, server, plan.duration).await?);
    }
    Ok(Visit { main, at_loads })
}

/// Starts the clients, which go on until they are dropped.
pub async fn start(case: Case, meter: &Rc<Meter>, server: &Server) -> Result {
    let target = server.target();
    let Case { scenario, clients } = case;
    let post = |length| {
        spawn(meter, clients, |_| {
            http::post(meter.clone(), target.clone(), length)
        })
    };
    let hello = |depth| {
        spawn(meter, clients, |_| {
            http::hello(meter.clone(), target.clone(), depth)
        })
    };
    let json = |fields| {
        spawn(meter, clients, |client| {
            http::json(meter.clone(), target.clone(), client, fields)
        })
    };
    let echo = |length| {
        spawn(meter, clients, |_| {
            websocket::echo(meter.clone(), target.clone(), length)
        })
    };
    match scenario {
        Scenario::Broadcast | Scenario::DeflateBroadcast => {
            broadcast::start(meter, &target, clients).await?;
        }
        Scenario::Push | Scenario::PushSingle | Scenario::PushTls => {
            let depth = case.at_once();
            push::start(meter, &target, &server.back_end(), clients, depth).await?;
        }
        Scenario::PingBlocked => {
            websocket::pings(meter, &target, clients).await?;
            run(meter, websocket::block(target));
        }
        Scenario::Heartbeats => websocket::pings(meter, &target, clients).await?,
        Scenario::HttpHello
        | Scenario::HttpsHello
        | Scenario::HttpTwoWorkers
        | Scenario::HttpReusePort
        | Scenario::File1k
        | Scenario::File10m => hello(1),
        Scenario::HttpPipelined => hello(16),
        Scenario::HttpJson => json(http::FEW_FIELDS),
        Scenario::HttpJsonBrowser => json(http::BROWSER_FIELDS),
        Scenario::HttpPost => post(10_000),
        Scenario::Upload100m => post(100 * MIB),
        Scenario::Connect => spawn(meter, clients, |_| {
            http::connect(meter.clone(), target.clone())
        }),
        Scenario::TextEcho => spawn(meter, clients, |_| {
            text::echo(meter.clone(), target.clone())
        }),
        Scenario::WebsocketEcho => echo(125),
        Scenario::Websocket64k => echo(64 * KIB),
        Scenario::Websocket1m => echo(MIB),
        Scenario::DeflateEcho => spawn(meter, clients, |_| {
            websocket::compressed_echo(meter.clone(), target.clone())
        }),
        Scenario::Idle | Scenario::IdleNamed => return Err("idle clients send nothing".into()),
    }
    Ok(())
}

/// Runs so many clients until the measurement is over.
fn spawn<F>(meter: &Rc<Meter>, clients: usize, client: impl Fn(usize) -> F)
where
    F: Future<Output = Result> + 'static,
{
    for number in 0..clients {
        run(meter, client(number));
    }
}

/// Connects so many clients, some at a time.
async fn gather<F>(clients: usize, client: impl Fn(usize) -> F) -> Result<Vec<Stream>>
where
    F: Future<Output = Result<Stream>> + 'static,
{
    let mut all = Vec::with_capacity(clients);
    while all.len() < clients {
        let mut batch = JoinSet::new();
        for number in all.len()..clients.min(all.len() + AT_A_TIME) {
            batch.spawn_local(client(number));
        }
        while let Some(stream) = batch.join_next().await {
            all.push(stream??);
        }
    }
    Ok(all)
}

/// Runs a client. That it ends before the measurement does is a failure of that.
fn run(meter: &Rc<Meter>, client: impl Future<Output = Result> + 'static) {
    let meter = meter.clone();
    spawn_local(async move {
        if let Err(error) = client.await {
            meter.fail(&*error);
        }
    });
}

async fn measure(meter: &Meter, server: &Server, duration: Duration) -> Result<Outcome> {
    let before = server.usage();
    let start = meter.start();
    sleep(duration).await;
    let seconds = start.elapsed().as_secs_f64();
    let after = server.usage();
    let (messages, latencies) = meter.stop();
    meter.check()?;
    if messages == 0 {
        return Err("no message came through".into());
    }
    Ok(Outcome {
        messages,
        seconds,
        p50: latencies.p50(),
        p99: latencies.p99(),
        usage: Usage {
            user: after.user - before.user,
            system: after.system - before.system,
        },
        resident_bytes: server.resident_bytes(),
        bytes_per_client: 0.0,
        connections: server.connections(),
    })
}
