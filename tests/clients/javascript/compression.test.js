import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { certificate, freePort, serve } from './server.js';

const OURS = {
    'each message on its own': { threshold: 0 },
    'with context takeover': { threshold: 0, context_takeover: true },
};
const THEIRS = {
    'as it comes': {},
    'without context takeover of the server': { serverNoContextTakeover: true },
    'without context takeover of the client': { clientNoContextTakeover: true },
    'with small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
};
const MESSAGES = ['again '.repeat(1000), 'short', 'again '.repeat(999), '', JSON.stringify(Object.entries(OURS)).repeat(2000)];
const LENGTH = MESSAGES.join('').length;

for (const [our, ours] of Object.entries(OURS)) {
    test(`clients of ws are served, ${our}`, async (t) => {
        const port = await freePort();
        const stop = await serve('tests/clients/echo.php', { PORT: port, COMPRESSION: JSON.stringify(ours) });
        try {
            for (const [their, theirs] of Object.entries(THEIRS)) {
                await t.test(their, async () => {
                    const ws = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: { threshold: 0, ...theirs } });
                    await once(ws, 'open');
                    assert.match(ws.extensions, /^permessage-deflate/);
                    for (const message of MESSAGES) {
                        ws.send(message);
                        assert.equal((await once(ws, 'message'))[0].toString(), message);
                    }
                    assert.ok(ws._socket.bytesRead < LENGTH / 5, 'nothing was compressed');
                    ws.terminate();
                });
            }
        } finally {
            await stop();
        }
    });

    test(`clients of ws are served over TLS, ${our}`, async () => {
        const [port, file] = [await freePort(), certificate()];
        const stop = await serve('tests/clients/echo.php', { PORT: port, COMPRESSION: JSON.stringify(ours), CERTIFICATE: file });
        try {
            const ws = new WebSocket(`wss://127.0.0.1:${port}`, { ca: fs.readFileSync(file), perMessageDeflate: { threshold: 0 } });
            await once(ws, 'open');
            assert.match(ws.extensions, /^permessage-deflate/);
            for (const message of [...MESSAGES, 'large '.repeat(500_000)]) {
                ws.send(message);
                assert.equal((await once(ws, 'message'))[0].toString(), message);
            }
            ws.terminate();
        } finally {
            await stop();
            fs.rmSync(path.dirname(file), { recursive: true });
        }
    });

    for (const [their, theirs] of Object.entries(THEIRS)) {
        test(`our client talks to a server of ws, ${our}, ${their}`, async () => {
            const server = new WebSocketServer({
                host: '127.0.0.1',
                port: 0,
                handleProtocols: () => 'wamp',
                perMessageDeflate: { threshold: 0, ...theirs },
            });
            await once(server, 'listening');
            const arrival = once(server, 'connection');
            const url = `ws://127.0.0.1:${server.address().port}/`;
            const stop = await serve('tests/clients/dial.php', { URL: url, COMPRESSION: JSON.stringify(ours) });
            try {
                const [ws] = await arrival;
                await once(ws, 'message');
                assert.match(ws.extensions, /^permessage-deflate/);
                for (const message of MESSAGES) {
                    ws.send(`echo ${message}`);
                    assert.equal((await once(ws, 'message'))[0].toString(), message);
                }
                assert.ok(ws._socket.bytesRead < LENGTH / 5, 'nothing was compressed');
            } finally {
                await stop();
                server.close();
            }
        });
    }
}
