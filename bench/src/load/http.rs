use std::rc::Rc;

use super::{
    Meter,
    stream::{Stream, Target},
};
use crate::Result;

const HELLO: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n";

/// What a client of an API sends beside the fields that differ from request to request.
pub const FEW_FIELDS: &str = "Accept: application/json\r\n";

/// The same of a browser, for `fetch()`.
pub const BROWSER_FIELDS: &str = "Connection: keep-alive\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    sec-ch-ua: \"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    Accept: */*\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: cors\r\n\
    Sec-Fetch-Dest: empty\r\n\
    Referer: http://localhost/items/overview\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,fr;q=0.8\r\n\
    X-Requested-With: XMLHttpRequest\r\n";

/// So many requests at a time.
pub async fn hello(meter: Rc<Meter>, target: Target, depth: usize) -> Result {
    repeat(meter, target, &HELLO.repeat(depth), depth).await
}

/// A body of so many bytes.
pub async fn post(meter: Rc<Meter>, target: Target, length: usize) -> Result {
    let body = "x".repeat(length);
    let request = format!(
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    repeat(meter, target, &request, 1).await
}

async fn repeat(meter: Rc<Meter>, target: Target, requests: &str, count: usize) -> Result {
    let mut stream = Stream::connect(&target).await?;
    loop {
        let sent = meter.admit().await;
        stream.send(requests.as_bytes()).await?;
        for _ in 0..count {
            stream.skip_response().await?;
        }
        meter.count_many(sent, count as u64);
    }
}

/// No request is like another, but for these fields.
pub async fn json(meter: Rc<Meter>, target: Target, client: usize, fields: &str) -> Result {
    let mut stream = Stream::connect(&target).await?;
    for number in 0_u64.. {
        let request = format!(
            "GET /item?id={number}&client={client} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/{number}\r\n\
             {fields}Cookie: theme=dark; session=s{client}-{number}\r\n\r\n"
        );
        let sent = meter.admit().await;
        stream.send(request.as_bytes()).await?;
        stream.skip_response().await?;
        meter.count(sent);
    }
    Ok(())
}

pub async fn connect(meter: Rc<Meter>, target: Target) -> Result {
    loop {
        let sent = meter.admit().await;
        let mut stream = Stream::connect(&target).await?;
        stream.send(HELLO.as_bytes()).await?;
        stream.skip_response().await?;
        stream.reset()?;
        meter.count(sent);
    }
}
