import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** A port that was free a moment ago. */
export async function freePort() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

/** The file of a certificate for 127.0.0.1 that has signed itself, and of its key. Whoever asks removes it. */
export function certificate() {
    const request = 'req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost -days 2'.split(' ');
    const pem = execFileSync('openssl', [...request, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-'], {
        stdio: ['ignore', 'pipe', 'ignore'],
    });
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'ouvrier-')), 'certificate.pem');
    fs.writeFileSync(file, pem);
    return file;
}

/**
 * Starts a PHP script of this repository and waits until it says that it has started.
 *
 * Returns a function that ends it as Ctrl+C does: the process group gets SIGINT.
 */
export async function serve(script, environment = {}) {
    const child = spawn(process.env.PHP ?? 'php', [path.join(repository, script), 'start'], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
    });
    for await (const output of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
        if (output.includes('Start success')) {
            break;
        }
    }
    child.stdout.resume();
    return async () => {
        process.kill(-child.pid, 'SIGINT');
        await once(child, 'exit');
    };
}
