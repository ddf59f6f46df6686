use std::{rc::Rc, time::Instant};

use super::{Meter, stream::Stream};
use crate::Result;

const HELLO: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n";
const BODY: usize = 10_000;

/// So many requests at a time.
pub async fn hello(meter: Rc<Meter>, port: u16, depth: usize) -> Result {
    repeat(meter, port, &HELLO.repeat(depth), depth).await
}

pub async fn post(meter: Rc<Meter>, port: u16) -> Result {
    let body = "x".repeat(BODY);
    let request =
        format!("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BODY}\r\n\r\n{body}");
    repeat(meter, port, &request, 1).await
}

async fn repeat(meter: Rc<Meter>, port: u16, requests: &str, count: usize) -> Result {
    let mut stream = Stream::connect(port).await?;
    loop {
        let sent = Instant::now();
        stream.send(requests.as_bytes()).await?;
        for _ in 0..count {
            stream.skip_response().await?;
        }
        meter.count_many(sent, count as u64);
    }
}

/// No request is like another.
pub async fn json(meter: Rc<Meter>, port: u16, client: usize) -> Result {
    let mut stream = Stream::connect(port).await?;
    for number in 0_u64.. {
        let request = format!(
            "GET /item?id={number}&client={client} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/{number}\r\n\
             Accept: application/json\r\nCookie: theme=dark; session=s{client}-{number}\r\n\r\n"
        );
        let sent = Instant::now();
        stream.send(request.as_bytes()).await?;
        stream.skip_response().await?;
        meter.count(sent);
    }
    Ok(())
}

pub async fn connect(meter: Rc<Meter>, port: u16) -> Result {
    loop {
        let sent = Instant::now();
        let mut stream = Stream::connect(port).await?;
        stream.send(HELLO.as_bytes()).await?;
        stream.skip_response().await?;
        stream.reset()?;
        meter.count(sent);
    }
}
