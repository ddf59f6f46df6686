<?php use Workerman\Protocols\Http\Session; Session::handlerClass(Session\RedisClusterSessionHandler::class, ['host'=>['127.0.0.1:7001'],'timeout'=>2,'prefix'=>'p_']);
$id=str_repeat('d',32); $s=new Session($id); $s->set('a',1); $s->save(); var_dump((new Session($id))->get('a'), $s->refresh()); $s->flush(); $s->save(); var_dump((new Session($id))->all());
