<?php

declare(strict_types=1);

/*
 * Who is logged in is kept in a session: in files, or in Redis where REDIS_PORT says so.
 *
 *     REDIS_PORT=6379 php sessions.php start
 */

use Workerman\Connection\TcpConnection;
use Workerman\Protocols\Http\Request;
use Workerman\Protocols\Http\Response;
use Workerman\Protocols\Http\Session;
use Workerman\Protocols\Http\Session\RedisSessionHandler;
use Workerman\Worker;

require __DIR__ . '/vendor/autoload.php';

// Where there is https, $secure = true too.
Session::$httpOnly = true;
Session::$sameSite = 'Lax';

if (getenv('REDIS_PORT')) {
    Session::handlerClass(RedisSessionHandler::class, ['host' => '127.0.0.1', 'port' => (int) getenv('REDIS_PORT')]);
}

$page = static fn (string $content): string => <<<HTML
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <title>Sessions</title>
    <h1>Sessions</h1>
    $content
    HTML;

$home = static function (Request $request) use ($page): Response {
    $session = $request->session();
    $name = $session->get('name');
    if ($name === null) {
        return new Response(200, [], $page(
            '<form id="login" method="post" action="/login"><input name="name" aria-label="Name" required> <button>Log in</button></form>',
        ));
    }
    $session->set('visits', $visits = $session->get('visits', 0) + 1);
    return new Response(200, [], $page(
        '<p id="greeting">Hello ' . htmlspecialchars($name) . ", visit $visits.</p>"
        . '<form id="logout" method="post" action="/logout"><button>Log out</button></form>',
    ));
};

$redirect = new Response(303, ['Location' => '/']);

$worker = new Worker('http://0.0.0.0:' . (getenv('PORT') ?: '8081'));
$worker->count = 2;
$worker->onMessage = static function (TcpConnection $connection, Request $request) use ($home, $redirect): void {
    switch ($request->method() . ' ' . $request->path()) {
        case 'POST /login':
            // A new id, so that one which somebody else has planted is worth nothing.
            $request->sessionRegenerateId(true);
            $request->session()->set('name', (string) $request->post('name'));
            $connection->send($redirect);
            break;
        case 'POST /logout':
            $request->session()->flush();
            $connection->send($redirect);
            break;
        case 'GET /':
            $connection->send($home($request));
            break;
        default:
            $connection->send(new Response(404, [], 'There is nothing here.'));
    }
};

Worker::runAll();
