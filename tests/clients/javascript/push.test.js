import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { serve } from './server.js';

let stop;

before(async () => {
    stop = await serve('examples/push/push.php');
});

after(() => stop());

async function subscribe(uid) {
    const ws = new WebSocket('ws://127.0.0.1:1234');
    await once(ws, 'open');
    ws.send(uid);
    ws.ping();
    await once(ws, 'pong');
    return ws;
}

async function push(message) {
    const backEnd = net.connect(5678, '127.0.0.1');
    backEnd.write(`${JSON.stringify(message)}\n`);
    const [answer] = await once(backEnd, 'data');
    backEnd.destroy();
    return answer.toString();
}

test('a push reaches the client of its uid', async () => {
    const ws = await subscribe('uid1');
    const arrival = once(ws, 'message');
    assert.equal(await push({ uid: 'uid1', percent: '88%' }), 'ok\n');
    const [data] = await arrival;
    assert.deepEqual(JSON.parse(data), { uid: 'uid1', percent: '88%' });
    ws.terminate();
});

test('a push to nobody fails', async () => {
    assert.equal(await push({ uid: 'nobody' }), 'fail\n');
});
