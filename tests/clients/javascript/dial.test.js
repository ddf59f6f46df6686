import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { serve } from './server.js';

test('our client talks to the server of the npm package ws', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: (asked) => [...asked].at(-1) });
    await once(server, 'listening');
    const arrival = once(server, 'connection');
    const stop = await serve('tests/clients/dial.php', { URL: `ws://127.0.0.1:${server.address().port}/` });
    const [ws, request] = await arrival;
    const ask = async (said) => {
        ws.send(said);
        return (await once(ws, 'message'))[0].toString();
    };
    try {
        assert.equal(request.headers['x-token'], 'secret');
        assert.equal((await once(ws, 'message'))[0].toString(), 'let in with wamp');
        assert.equal(await ask('echo hello'), 'hello');
        assert.equal(await ask(`echo ${'x'.repeat(1 << 20)}`), 'x'.repeat(1 << 20));
        ws.ping('?');
        assert.equal((await once(ws, 'pong'))[0].toString(), '?');
        const end = once(ws, 'close');
        assert.equal(await ask('close'), 'bye');
        assert.equal((await end)[0], 1000);
    } finally {
        await stop();
        server.close();
    }
});
