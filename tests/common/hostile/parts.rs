//! What references are put together from. In the tables of names and values the
//! ordinary comes first.

pub const TRIMMED: &[&[u8]] = &[
    b" ", b"\t", b"\n", b"\x00", b"\x01 ", b" \r\n", b"\x1f", b"\x0b\x0c", b"\x7f",
];

pub const SCHEMES: &[&[u8]] = &[
    b"", b"", b"", b"HTTPS:", b"hTtPs:", b"http:", b"ht\ntps:", b"https\t:", b"https", b"https::", b"https%3A",
    b"ftp:", b"wss:", b"javascript:", b"zoom:", b"1https:", b"file:", b"h\xe9:", b"https :", b"data:",
    b"+https:",
];

pub const SLASHES: &[&[u8]] = &[
    b"", b"/", b"///", b"////", b"\\\\", b"/\\", b"\\/", b"\\", b"/\t/", b"\n//", b"/ /", b"//\t/", b"\\\\\\",
    b"//\\/", b"/./", b"/..//", b"%2F%2F", b"\x01//",
];

pub const USERINFO: &[&[u8]] = &[
    b"@", b":@", b"user@", b"user:pw@", b":pw@", b"zoom.us@", b"zoom.us:443@", b"a@b@", b"@@",
    b"evil.example\\@", b"evil.example/@", b"evil.example?@", b"evil.example#@", b"zoom.us%40", b"%40@",
    b"\xe9@", b"\t@", b" @", b"::@",
];

pub const HOSTS: &[&[u8]] = &[
    b"zoom.us", b"zoom.us", b"zoom.us", b"us02web.zoom.us", b"zoomgov.com", b"x.zoomgov.com",
    b"marketplace.zoom.us", b"marketplace.zoomgov.com", b"login.example.com",
];

pub const ODD_HOSTS: &[&[u8]] = &[
    b"ZOOM.US", b"zoom.us.", b"z%6Fom.us", b"zoom%2eus", b"zo\tom.us", b"a.b.c.zoom.us", b"a..zoom.us",
    b"_x.zoom.us", b"-.zoom.us", b"127.0.0.1.zoom.us", b"1.zoom.us", "zoom\u{3002}us".as_bytes(),
    "zoom\u{ff0e}us".as_bytes(), "zoom.us\u{ff61}".as_bytes(), "\u{ff5a}\u{ff4f}\u{ff4f}\u{ff4d}.us".as_bytes(),
    "\u{24e9}oom.us".as_bytes(), "zo\u{ad}om.us".as_bytes(), "zoom.u\u{17f}".as_bytes(),
    "zoom.us\u{feff}".as_bytes(), "b\u{fc}cher.zoom.us".as_bytes(), "fa\u{df}.zoom.us".as_bytes(),
    b"xn--bcher-kva.zoom.us", b"%EF%BD%9Aoom.us", b"%E2%93%A9%6f%6F%6D.us", "\u{1f4a9}.zoom.us".as_bytes(),
    "\u{130}.zoom.us".as_bytes(), "Z\u{200b}oom.us".as_bytes(), b"a!$&'()*+,;=.zoom.us",
    b"zoom.%75%73", b"a~b`{}.zoom.us", b"x\".zoom.us",
];

pub const OTHER_HOSTS: &[&[u8]] = &[
    b"zoom.us.evil.example", b"evil-zoom.us", b"zoomXus", b"zoom.us%00", b"zoom.us%2f.evil.example",
    b"zoom.us..", b".zoom.us", b"..zoom.us", "z\u{43e}om.us".as_bytes(), b"127.0.0.1", b"127.1", b"0x7f.1",
    b"2130706433", b"[::1]", b"[::1", b"::1]", b"[::ffff:1.2.3.4]", b"[1::0]", b"1.2.3.4.5", b"256.1.1.1",
    b"zoom.us.1", b"zoom.us.0x", b"", b"", b".", b"xn--", b"xn--zoom.us", b"xn--a.zoom.us", b"xn--.zoom.us",
    b"zo om.us", b"zoom.us^", b"a^.zoom.us", b"%zz.zoom.us", b"%.zoom.us", b"a%25.zoom.us", b"a<.zoom.us",
    b"a|b.zoom.us", b"*.zoom.us", b"zoom.us,evil.example", b"app.example", b"localhost", b"\xe9.zoom.us",
    b"%e9.zoom.us", b"a%20.zoom.us", b"a%09.zoom.us", b"a%23.zoom.us", b"a%2e.zoom.us", b"\x7f.zoom.us",
    b"zoom.com", b"us", b"oauth", "\u{301}.zoom.us".as_bytes(), "a\u{200d}b.zoom.us".as_bytes(),
    "\u{fffd}.zoom.us".as_bytes(), b"xn--n3h.zoom.us", b"XN--N3H.zoom.us",
    b"xn--1ch.zoom.us",
];

pub const PORTS: &[&[u8]] = &[
    b":443", b":443", b":", b":0443", b":80", b":8443", b":0", b":0000000000000443", b":65535", b":65536",
    b":443x", b":+443", b": 443", b":443 ", b":-1", b":4\t43", b":4%343", b"::443", b":99999999999999999999",
    b":443:443", "\u{ff1a}443".as_bytes(), "\u{664}".as_bytes(),
];

pub const PATHS: &[&[u8]] = &[
    b"/oauth/authorize", b"/oauth/authorize/", b"/authorize", b"/v2/authorize", b"/oauth2/authorize",
];

pub const ODD_PATHS: &[&[u8]] = &[
    b"/oauth/%61uthorize", b"/%6Fauth/authorize/", b"/x/../oauth/authorize", b"/./oauth/authorize",
    b"/%2e/oauth/authorize", b"/oauth/%2E%2e/oauth/authorize", b"\\oauth\\authorize", b"/oauth/./authorize",
    b"/oauth/authorize/.", b"/oauth/authorize/x/..", b"/oau\nth/authorize", b"/../../oauth/authorize",
    b"/oauth/.%2e/oauth/authorize/%2e", b"/oauth\\./authorize", b"/oauth/%\t61uthorize",
    b"/oauth/authorize/%2E%2E/authorize", b"/v2/%61uthorize",
];

pub const OTHER_PATHS: &[&[u8]] = &[
    b"", b"/", b"/oauth/authorizer", b"/oauth/authorize//", b"//oauth/authorize", b"/oauth%2Fauthorize",
    b"/OAuth/authorize", b"/oauth/authorize;x", b"/oauth/authorize%20", b"/oauth/authorize ",
    b"/oauth/authorize%", b"/oauth/authorize%2", b"/oauth/%2561uthorize", b"/oauth/authorize/..", b"/..",
    b"/\xe9", b"/oauth/authorize%00", b"/oauth/authorize.", b"/oauth/authorize/...",
    b"/oauth/authorize/%2e%2e%2f", b"/oauth/token", b"/oauth//authorize", b"/oauth/authorize\x01",
    b"oauth/authorize", b"/oauth/authorize%2F", b"/oauth/authorize/%5c", "/oauth/\u{ff41}uthorize".as_bytes(),
    b"/oauth/authorize\x7f", b"/oauth/..authorize", b"/oauth/authorize/..%2f",
];

pub const SCOPE_NAMES: &[&[u8]] = &[
    b"scope", b"%73cope", b"sc%6fpe", b"%73%63%6F%70%65", b"s\tcope", b"sco\r\npe", b"%7\t3cope", b"scope\t",
];

pub const OPTIONAL_NAMES: &[&[u8]] = &[
    b"optional_scope", b"optional%5Fscope", b"option\nal_scope",
];

pub const CLIENT_NAMES: &[&[u8]] = &[
    b"client_id", b"cl%69ent_id", b"client%5fid", b"client_\tid",
];

pub const LOOK_ALIKES: &[&[u8]] = &[
    b"Scope", b"scopes", b"scope+", b"scope%20", b"%20scope", b" scope", b"scope ", b"+scope", b"scope%00",
    b"%00scope", b"user_scope", b"xscope", b"scope[]", b"%2573cope", b"%EF%BB%BFscope",
    "\u{feff}scope".as_bytes(), b"CLIENT_ID", b"client_id+", b"xclient_id", b"scop", b"%zcope", b"s%cope",
    b"optional_scopes", "\u{ff53}cope".as_bytes(), b"sc\xf6pe", b"scope\x00", b"scope?",
];

pub const NAMES: &[&[u8]] = &[
    b"state", b"redirect_uri", b"response_type", b"code_challenge", b"request", b"request_uri", b"", b"nonce",
    b"%zz", b"%", b"%7", b"\xe9", b"%E9", "\u{e9}".as_bytes(), b"a b", b"include_granted_scopes", b"?", b"/",
    b"[]", b"%26", b"%3D", b"%2B", b"+",
];

pub const CLIENTS: &[&[u8]] = &[
    b"strip", b"keep", b"space", b"space", b"comma", b"comma", b"%73pace", b"%63omma", b"spa\tce", b"",
    b"other", b"space+", b"comma ", b"Space", b"space%00", b"AbCdEfGhQ1mZ0nB9_-xY7w", b"\xe9", b"%E9",
];

pub const VALUES: &[&[u8]] = &[
    b"", b"1", b"code", b"a+b%20c", b"a b", b" ", b"a ", b"%", b"%zz", b"%4", b"%00%0d%0A%7f%25", b"\xe9",
    b"caf%C3%A9", "caf\u{e9}".as_bytes(), "\u{1f4a9}".as_bytes(), b"=", b"a=b=c", b"?x", b"a%26scope%3Db",
    b"https://app.example/cb?scope=keep", b"https%3A%2F%2Fapp.example%2Fcb%3Fscope%3Dkeep%26a%3D1",
    b"!*'()[]{}|^`~$@:;,/?\"<>\\", b"a\tb", b"a\x01", b"\x00", b"\x7f", b"\xc3\xa9\xe9", b"%ED%A0%80",
    b"\xed\xa0\x80", b"%F0%9F", b"\xe2%80%83", b"aB-_~%2d%2D", b"a\t", b"a \t ",
];

pub const TOKENS: &[&[u8]] = &[
    b"user:read", b"user%3Aread", b"user%3aread", b"meeting:read", b"meeting:write", b"meeting:", b"meeting",
    b"old", b"older", b"%6fld", b"recording:read", b"recording%3Aread", b"recording:x", b"admin:all", b"openid",
    b"User:read", b"meeting:%E9", b"meeting:\xe9", b"meeting:%C3%A9", b"meeting:%26%3D%23%2B%25%3B",
    b"meeting:%00", b"meeting:\x01", b"a;b", b"a=b", b"meeting:/?@!$'()*", b"meeting:%zz",
    b"meeting:\"<>`\\^{}|", b"meeting:a\tb", "meeting:\u{1f4a9}".as_bytes(), b"%", b"",
];

pub const SEPARATORS: &[&[u8]] = &[
    b"%20", b" ", b",", b"%2C", b"%2c+", b"++", b"%09", b"%0A", b"%0D%0A", b"\t", b"\n", b"%C2%A0",
    b"%E3%80%80", "\u{a0}".as_bytes(), "\u{2003}".as_bytes(), b"\xe2\x80%83", b"%0B", b"\x0c", b"%C2%85",
    b"%EF%BB%BF", b"%E2%80%8B", b"%1C", b"%2B", b";", b"|",
];

pub const FRAGMENTS: &[&[u8]] = &[
    b"#", b"#f", b"#&scope=a", b"#?scope=a&client_id=strip", b"#\xe9", b"# ", b"#a#b", b"#\t", b" #f",
];

pub const DAMAGE: &[&[u8]] = &[
    b"#", b"?", b"&", b"=", b"%", b"+", b"/", b"\\", b"@", b":", b";", b".", b" ", b"\t", b"\n", b"\r", b"\x00",
    b"%2e", b"..", b"%73", b"[", b"]", b"\xff", "\u{3002}".as_bytes(), "\u{ad}".as_bytes(), b"&scope=a",
    b"&client_id=space", b"scope", b"//", b"zoom.us",
];

/// Pieces of whole references, to be put together in any order.
pub const PIECES: &[&[u8]] = &[
    b"https:", b"http:", b"/", b"//", b"\\", b"zoom.us", b"localhost", b"127.0.0.1", b"[::1]",
    b"login.example.com", b":443", b":80", b":8080", b":8443", b":", b"@", b"/oauth/authorize", b"/authorize",
    b"/.", b"..", b"%2e", b"%61", b" ", b"\t", b"\n", b"?scope=a", b"#", b"a", b".", b"\x01",
];

/// Pieces of queries, likewise.
pub const PIECES_OF_QUERY: &[&[u8]] = &[
    b"&", b"&", b"&", b"=", b"+", b"%", b"#", b"?", b" ", b"\t", b"\x01", b"\xe9", b"scope=", b"&scope=a",
    b"&%73cope=old+meeting:read", b"&scope=recording:read", b"&optional_scope=recording:read",
    b"optional_scope", b"&client_id=space", b"&client_id=keep ", b"&client_id=comma", b"&client_id=dry",
    b"&state=a ", b"user:read", b",",
];

/// Pieces of bodies, likewise.
pub const PIECES_OF_BODY: &[&[u8]] = &[
    b"https://zoom.us/oauth/authorize?client_id=normal&scope=user:a+recording:b", b"//zoom.us/oauth/authorize",
    b"https:\\/\\/zoom.us\\/oauth\\/authorize", b"HTTP&#58;//localhost/oauth/authorize", b"zoom.us", b"oom.us",
    b"https:", b"//", b"?", b"#", b"&", b"&scope=a", b"?scope=a&", b"&client_id=normal", b"&client_id=kept",
    b"optional_scope=recording:a", b"\\u0026", b"\\u002", b"\\\\u0026amp;", b"\\x26", b"\\u{26}", b"\\", b"\\/",
    b"&amp;", b"&amp", b"&#x26;", b"&#x2", b"&quot;", b"&nbsp;", b"\"", b"'", b"`", b"${", b"+", b".concat(", b":",
    b",", b"{", b"[", b"(", b")", b"<", b">", b";", b"=", b" ", b"\n", b"\xe9", b"\x00", b"url=", b" href=",
    b"1f:T40,", b"<form action=", b"<form method=get action=\"", b" action='", b"</form>", b"</form", b"<!--",
    b"-->", b"<input type=hidden name=scope value=a>", b"<input type=hidden name=client_id value=normal>",
    b"<input value='recording:a' name='scope' type='hidden'", b"<input type=hidden name=scope>",
];

/// What clients send as `Host`.
pub const AUTHORITIES: &[&[u8]] = &[
    b"app.example:8080", b"zoom.us", b"localhost", b"localhost:80", b"127.0.0.1:8080", b"[::1]:443", b"",
    b"bad host", b"zoom.us@", b"\xe9", b"login.example.com:443", b"zoom.us/",
];
