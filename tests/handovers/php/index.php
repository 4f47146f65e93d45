<?php
// An ordinary app on Symfony's HttpFoundation that signs people in with Zoom.
//
// It knows nothing of a proxy.

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\RedirectResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;

require 'Symfony/Component/HttpFoundation/autoload.php';

$url = 'https://zoom.us/oauth/authorize?' . http_build_query([
    'response_type' => 'code',
    'client_id' => 'calendar',
    'redirect_uri' => 'https://app.example.com/callback',
    'scope' => 'user:read:user meeting:read:meeting offline_access',
    'state' => bin2hex(random_bytes(16)),
]);

// As Laravel's @inertia directive writes a page.
$page = ['component' => 'Connect', 'props' => ['authorize' => $url], 'url' => '/page', 'version' => ''];
$attribute = htmlspecialchars(json_encode($page), ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');

$request = Request::createFromGlobals();
$response = match ($request->getPathInfo()) {
    '/login' => new RedirectResponse($url),
    '/login.json' => new JsonResponse(['url' => $url]),
    '/page' => new Response("<!DOCTYPE html>\n<div id=\"app\" data-page=\"$attribute\"></div>\n"),
    default => new Response('', 404),
};
$response->prepare($request)->send();
