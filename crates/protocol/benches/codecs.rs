//! What the codecs cost by themselves: `cargo bench -p ouvrier-protocol`.

#![allow(missing_docs, reason = "criterion's macro makes a function without")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ouvrier_protocol::{
    http::{
        self,
        request::View,
        response::{Occasion, encode_text},
    },
    text,
    websocket::{self, Role, frame},
};

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n";
const BROWSER: &[u8] = b"GET /item?id=5&client=7 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.9\r\nCookie: theme=dark; session=0123456789abcdef0123456789abcdef\r\n\r\n";

fn http_requests(criterion: &mut Criterion) {
    let limits = http::Limits::of_package(1 << 20);
    let mut group = criterion.benchmark_group("http");
    for (name, request) in [("hello", HELLO), ("browser", BROWSER)] {
        group.throughput(Throughput::Bytes(request.len() as u64));
        let mut decoder = http::Decoder::new();
        group.bench_function(format!("decode {name}"), |bencher| {
            bencher.iter(|| decoder.decode(black_box(request), &limits).is_ok());
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
    let limits = websocket::Limits::of_messages(1 << 20);
    let mut group = criterion.benchmark_group("websocket");
    for length in [16, 125, 4096, 65_536] {
        let mut bytes = Vec::new();
        frame::encode_masked(0x81, [1, 2, 3, 4], &vec![b'x'; length], &mut bytes);
        group.throughput(Throughput::Bytes(length as u64));
        let mut decoder = websocket::Decoder::new(Role::Server);
        group.bench_function(format!("decode {length}"), |bencher| {
            bencher.iter(|| decoder.decode(black_box(&bytes), &limits).is_ok());
        });
        let payload = vec![b'x'; length];
        let mut out = Vec::with_capacity(length + 16);
        group.bench_function(format!("encode {length}"), |bencher| {
            bencher.iter(|| {
                out.clear();
                frame::encode(0x81, black_box(&payload), &mut out);
            });
        });
    }
}

fn lines(criterion: &mut Criterion) {
    let mut decoder = text::Decoder::default();
    criterion.bench_function("text/decode 16", |bencher| {
        bencher.iter(|| {
            decoder
                .decode(black_box(b"sixteen bytes...\n"), 1 << 20)
                .is_ok()
        });
    });
}

criterion_group!(benches, http_requests, websocket_frames, lines);
criterion_main!(benches);
