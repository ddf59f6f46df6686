<?php

return static function (\Closure $parse, string $boundary, int $offset, int $most): array {
    $fields = $places = '';
    $entries = [];
    while ($most-- > 0 && $offset) {
        $offset = $parse($boundary, $offset, $fields, $places, $entries);
    }
    \parse_str($fields, $post);
    \parse_str($places, $files);
    \array_walk_recursive($files, static function (mixed &$place) use ($entries): void {
        $place = $entries[$place] ?? null;
    });
    return [$post, $files];
};
