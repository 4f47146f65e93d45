//! What hostile requests are put together from.

pub const METHODS: &[&str] = &[
    "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get", "PRI", "QUERY", "G\tET", "",
    "GET /oauth/authorize HTTP/1.1\r\nHost: a\r\n\r\nGET",
];

pub const VERSIONS: &[&str] = &[
    " HTTP/1.0\r\n", " HTTP/2.0\r\n", " HTTP/0.9\r\n", " HTTP/1.2\r\n", "\r\n", " http/1.1\r\n", " HTTP/1.1\n",
    " HTTP/1.1\r\nLocation: https://evil.example/\r\n", "  HTTP/1.1 \r\n",
];

pub const HOSTS: &[&str] = &[
    "", "Host:\r\n", "Host: evil.example\r\n", "Host: evil.example:443\r\n", "Host: zoom.us@evil.example\r\n",
    "Host: a\r\nHost: evil.example\r\n", "Host: evil.example/oauth\r\n", "Host: [::1\r\n",
    "Host: a\r\n evil.example\r\n", "Host: evil.example?\r\n", "Host: \u{e9}.example\r\n", "Host : a\r\n",
    "Host: localhost\r\n", "Host: 127.0.0.1:80\r\n", "Host: evil.example#\r\n", "Host: a,evil.example\r\n",
];

pub const FIELDS: &[&str] = &[
    "X-Forwarded-Host: evil.example\r\n", "X-Forwarded-Proto: javascript\r\n", "X-Forwarded-Port: 1\r\n",
    "X-Forwarded-Prefix: //evil.example\r\n", "X-Forwarded-For: evil.example\r\n",
    "X-Forwarded-Server: evil.example\r\n", "X-Host: evil.example\r\n", "X-Real-IP: evil.example\r\n",
    "Forwarded: host=evil.example;proto=http\r\n", "X-Original-URL: //evil.example/\r\n",
    "X-Rewrite-URL: https://evil.example/\r\n", "X-Original-Host: evil.example\r\n", "Base-Url: //evil.example\r\n",
    "Location: https://evil.example/\r\n", "Content-Location: https://evil.example/\r\n",
    "Referer: https://evil.example/\r\n", "Origin: https://evil.example\r\n", "Refresh: 0;url=//evil.example\r\n",
    "Destination: https://evil.example/\r\n", "X-HTTP-Method-Override: PUT\r\n", "Max-Forwards: 0\r\n",
    "X-Forwarded-Host: a%0d%0aLocation:%20//evil.example\r\n", "Via: 1.1 evil.example\r\n",
    "Cookie: to=https://evil.example/\r\n", "Authorization: Basic evil\r\n", "Expect: 100-continue\r\n",
    "Accept: text/html\r\n", "Range: bytes=0-1\r\n", "If-None-Match: *\r\n", "Cache-Control: max-age=1\r\n",
];

pub const ORIGINS: &[&str] = &[
    "http://evil.example", "https://evil.example:443", "http://zoom.us@evil.example", "HTTP://evil.example",
    "http://evil.example\\", "https://zoom.us.evil.example", "//evil.example", "http:", "javascript:",
    "http://[::1]:80", "http://evil.example#", "ftp://evil.example", "http:///evil.example", "evil.example:443",
];

pub const AUTHORITIES: &[&str] = &[
    "app.example", "evil.example", "evil.example:443", "zoom.us", "zoom.us.evil.example", "localhost",
    "127.0.0.1:1", "[::1]:443",
];

pub const PATHS: &[&str] = &[
    "/", "", "*", "//evil.example/oauth/authorize", "/\\evil.example/oauth/authorize", "/oauth/authorize/",
    "/oauth/authorize@evil.example", "/oauth/authorize/..%2f..%2fevil.example", "/oauth/authorize/../evil",
    "/oauth/authorize;//evil.example", "/oauth/%61uthorize", "/%2Foauth/authorize", "/oauth//authorize",
    "/oauth/authorize%0d%0aLocation:%20//evil.example", "/oauth/authorize\r\nLocation: //evil.example",
    "/oauth/authorize%3fa", "/oauth/authorize%00", "/oauth/authorize.", "/OAUTH/AUTHORIZE", "/x/oauth/authorize",
    "/oauth/authorize#@evil.example", "/oauth/authorize\t", "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration/", "/https://evil.example/",
    "/oauth/authorize/https://evil.example", "/@evil.example", "/.evil.example", "/oauth/authorize\u{e9}",
];

/// What is asked for honestly.
pub const PAIRS: &[&str] = &[
    "client_id=AbC123", "response_type=code", "scope=user:read%20meeting:write", "scope=a,b", "state=xyz",
    "redirect_uri=https%3A%2F%2Fapp.example%2Fcb", "code_challenge=a-b_c~d.e", "code_challenge_method=S256",
    "optional_scope=c", "include_granted_scopes", "nonce=1", "prompt=none", "%73cope=a", "sc%6Fpe=b+c",
    "client_id=other", "scope", "", "=", "a=%zz", "response_mode=query",
];

pub const ATTACKS: &[&str] = &[
    "redirect_uri=https://evil.example/", "to=https://evil.example/", "url=//evil.example", "next=//evil.example",
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "@evil.example/",
    ".evil.example", ":@evil.example/", "../../../evil", "?https://evil.example", "host=evil.example",
    "scheme=javascript", "state=%0d%0aLocation:%20https://evil.example/", "state=%0aSet-Cookie:a=b",
    "state=%E5%98%8A%E5%98%8DLocation:%20//evil.example", "a=%00https://evil.example", "javascript:alert(1)",
    "client_id=AbC123&client_id=other", "client_id=keep", "client_id=kee%70", "scope=%00",
    "scope=a&scope=b&scope=c", "request_uri=https://evil.example/", "request=eyJhbGciOiJub25lIn0.e30.",
    "issuer=https://evil.example", "%23@evil.example", "%3f@evil.example", ";@evil.example", "state=%u000d%u000a",
    "{}[]|^`\\", "_method=PUT", "authorization_endpoint=https://evil.example/",
];

/// What no query may hold as it is.
pub const UNFIT: &[&[u8]] = &[
    b"state=\r\nLocation: https://evil.example/\r\n", b"state=\nLocation: //evil.example", b"a b",
    b"#@evil.example", b"a\tb", b"\x00", b"\"", b"<script>", b"a=\xc3\xa9", b"\xff\xfe", b"\x7f",
    b"\r\n\r\nHTTP/1.1 302 Found\r\n", b" HTTP/1.1\r\nHost: a\r\n\r\nGET /oauth/authorize?b",
    b"state=\rLocation: //evil.example",
];

pub const TYPES: &[&str] = &[
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-7", "text/plain",
    "application/json", "multipart/form-data; boundary=a", "APPLICATION/X-WWW-FORM-URLENCODED", "",
];

pub const SMUGGLED: &[u8] =
    b"GET /oauth/authorize?client_id=smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n";

pub const DAMAGE: &[&str] = &[
    "\r\n", "\n", "\r", "\0", "\r\n\r\n", " ", "\t", ":", "//evil.example", "\r\nLocation: //evil.example\r\n", "?",
    "#", "@evil.example", "%0d%0a", "\u{e9}", "\r\nContent-Length: 0\r\n", "\r\nTransfer-Encoding: chunked\r\n",
];
