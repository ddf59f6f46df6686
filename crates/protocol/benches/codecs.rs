//! What the codecs cost by themselves: `cargo bench -p ouvrier-protocol`.

#![allow(missing_docs, reason = "criterion's macro makes a function without")]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ouvrier_protocol::{
    Step,
    http::{
        self,
        request::View,
        response::{Occasion, encode_text},
    },
    length_prefixed, text,
    websocket::{
        self, Role,
        deflate::{Agreement, Level, Preference, RSV1},
        frame,
    },
};

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n";
const BROWSER: &[u8] = b"GET /item?id=5&client=7 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.9\r\nCookie: theme=dark; session=0123456789abcdef0123456789abcdef\r\n\r\n";
const OFFER: &[u8] =
    b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n\r\n";
const MOST: usize = 1 << 20;
const TEXT: u8 = 0x81;
const MASK: [u8; 4] = [1, 2, 3, 4];

fn http_requests(criterion: &mut Criterion) {
    let limits = http::Limits::of_package(MOST);
    let mut group = criterion.benchmark_group("http");
    for (name, request) in [("hello", HELLO), ("browser", BROWSER)] {
        group.throughput(Throughput::Bytes(request.len() as u64));
        let mut decoder = http::Decoder::new();
        group.bench_function(format!("decode {name}"), |bencher| {
            bencher.iter(|| whole(decoder.decode(black_box(request), &limits)));
        });
        group.bench_function(format!("headers of {name}"), |bencher| {
            bencher.iter(|| View(black_box(request)).headers().count());
        });
    }
    let mut out = Vec::with_capacity(1024);
    group.bench_function("encode hello", |bencher| {
        bencher.iter(|| {
            out.clear();
            encode_text(
                black_box(b"Hello, world"),
                &[],
                Occasion::default(),
                &mut out,
            );
        });
    });
}

fn websocket_frames(criterion: &mut Criterion) {
    let limits = websocket::Limits::of_messages(MOST);
    let mut group = criterion.benchmark_group("websocket");
    for length in [16, 125, 4096, 65_536] {
        let payload = vec![b'x'; length];
        let mut bytes = Vec::new();
        frame::encode_masked(TEXT, MASK, &payload, &mut bytes);
        group.throughput(Throughput::Bytes(length as u64));
        let mut decoder = websocket::Decoder::new(Role::Server);
        group.bench_function(format!("decode {length}"), |bencher| {
            bencher.iter(|| whole(decoder.decode(black_box(&bytes), &limits)));
        });
        let mut out = Vec::with_capacity(length + 16);
        group.bench_function(format!("encode {length}"), |bencher| {
            bencher.iter(|| {
                out.clear();
                frame::encode(TEXT, black_box(&payload), &mut out);
            });
        });
    }
}

/// A kilobyte of JSON, and no context taken over.
fn compression(criterion: &mut Criterion) {
    let limits = websocket::Limits::of_messages(MOST);
    let Some(agreement) = Agreement::negotiate(OFFER, &Preference::default()) else {
        panic!("an offer that everybody accepts");
    };
    let json: Vec<u8> = (0..23)
        .flat_map(|id| format!(r#"{{"id":{id},"name":"item {id}","price":{id}}},"#).into_bytes())
        .collect();
    let mut group = criterion.benchmark_group("deflate");
    group.throughput(Throughput::Bytes(json.len() as u64));
    let mut deflater = agreement.deflater(Role::Server, Level::default());
    let mut message = Vec::new();
    group.bench_function("compress", |bencher| {
        bencher.iter(|| {
            message.clear();
            deflater.message(black_box(&json), &mut message);
        });
    });
    let mut bytes = Vec::new();
    frame::encode_masked(TEXT | RSV1, MASK, &message, &mut bytes);
    let mut decoder = websocket::Decoder::with_deflate(Role::Server, &agreement);
    group.bench_function("decompress", |bencher| {
        bencher.iter(|| whole(decoder.decode(black_box(&bytes), &limits)));
    });
}

fn lines_and_packages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text");
    group.throughput(Throughput::Bytes(16));
    let mut decoder = text::Decoder::default();
    group.bench_function("decode 16", |bencher| {
        bencher.iter(|| whole(decoder.decode(black_box(b"sixteen bytes...\n"), MOST)));
    });
    let mut decoder = length_prefixed::Decoder::new();
    group.bench_function("frame 16", |bencher| {
        bencher.iter(|| whole(decoder.decode(black_box(b"\0\0\0\x14sixteen bytes..."), MOST)));
    });
}

/// What a decoder has made of a whole message.
fn whole<T, E>(step: Result<Step<T>, E>) -> T {
    match step {
        Ok(Step {
            item: Some(item), ..
        }) => item,
        _ => panic!("a message that is not decoded measures nothing"),
    }
}

/// Long enough for figures that are the same again, and a minute for all of them.
fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! {
    name = benches;
    config = settings();
    targets = http_requests, websocket_frames, compression, lines_and_packages
}
criterion_main!(benches);
