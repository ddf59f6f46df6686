import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { freePort, serve } from './server.js';

let stop;
let url;

before(async () => {
    const port = await freePort();
    url = `ws://127.0.0.1:${port}`;
    stop = await serve('tests/clients/echo.php', { PORT: port });
});

after(() => stop());

async function connect() {
    const ws = new WebSocket(url, { perMessageDeflate: false });
    await once(ws, 'open');
    return ws;
}

async function ask(ws, data) {
    ws.send(data);
    const [answer, isBinary] = await once(ws, 'message');
    return isBinary ? answer : answer.toString();
}

test('text comes back as text', async () => {
    const ws = await connect();
    assert.equal(await ask(ws, 'grüße, 世界'), 'grüße, 世界');
    ws.terminate();
});

test('binary comes back byte for byte', async () => {
    const ws = await connect();
    ws.send('binary');
    const bytes = randomBytes(70_000);
    assert.deepEqual(await ask(ws, bytes), bytes);
    ws.terminate();
});

test('a message of one megabyte', async () => {
    const ws = await connect();
    const text = randomBytes(500_000).toString('hex');
    assert.equal(await ask(ws, text), text);
    ws.terminate();
});

test('fragments are joined', async () => {
    const ws = await connect();
    ws.send('one ', { fin: false });
    ws.send('two ', { fin: false });
    assert.equal(await ask(ws, 'three'), 'one two three');
    ws.terminate();
});

test('a ping is answered with its payload', async () => {
    const ws = await connect();
    ws.ping('there?');
    const [payload] = await once(ws, 'pong');
    assert.equal(payload.toString(), 'there?');
    ws.terminate();
});

test('the client closes with code 1000', async () => {
    const ws = await connect();
    ws.close(1000, 'done');
    const [code] = await once(ws, 'close');
    assert.equal(code, 1000);
});

test('a thousand messages come back in order', async () => {
    const ws = await connect();
    const received = [];
    const done = new Promise((resolve) => ws.on('message', (data) => received.push(data.toString()) === 1000 && resolve()));
    const sent = Array.from({ length: 1000 }, (_, index) => `message ${index}`);
    sent.forEach((message) => ws.send(message));
    await done;
    assert.deepEqual(received, sent);
    ws.terminate();
});

test('a client that offers compression is served', async () => {
    const ws = new WebSocket(url, { perMessageDeflate: true });
    await once(ws, 'open');
    const text = 'again '.repeat(1000);
    assert.equal(await ask(ws, text), text);
    ws.terminate();
});
