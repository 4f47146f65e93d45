// What a browser makes of a reference, and what must become of it: the rules of
// recognition and the policies once more, on top of the runtime's own `URL` and
// `URLSearchParams`. Shares no code with what it judges.
//
// Standard input, one JSON text per line: first the policies, then one claim per
// reference. Strings of references are bytes, U+0000 to U+00FF. Standard output:
// one JSON text that counts the claims and holds those that are not true.

import { createInterface } from "node:readline";

const TABLE = [
  [/^(.+\.)?zoom\.us$/, /^\/oauth\/authorize$/],
  [/^(.+\.)?zoomgov\.com$/, /^\/oauth\/authorize$/],
  [/^marketplace\.(zoom\.us|zoomgov\.com)$/, /^(\/v2)?\/authorize$/],
  [/^login\.example\.com$/, /^\/oauth2\/authorize$/],
];

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const policies = JSON.parse((await lines.next()).value);
const count = { compared: 0, recognised: 0, changed: 0, moved: 0, unclear: 0, wrong: 0 };
const wrong = [];

for await (const line of lines) {
  const claim = JSON.parse(line);
  const problem = judge(claim);
  count.compared += 1;
  if (problem !== undefined) {
    count.wrong += 1;
    if (wrong.length < 20) wrong.push({ problem, ...claim });
  }
}
process.stdout.write(JSON.stringify({ count, wrong }));

/** Returns what is not true of `claim`. */
function judge({ reference, recognised, client, scopes, output }) {
  const found = read(reference);
  if ((found !== undefined) !== recognised) return `recognised: ${!recognised}`;
  if (found === undefined) return output === reference ? undefined : "no request, yet changed";
  count.recognised += 1;
  if (!same(found.client, client)) return `client: ${JSON.stringify(found.client)}`;
  if (!same(found.scopes, scopes)) return `scopes: ${JSON.stringify(found.scopes)}`;

  const after = read(output);
  if (after === undefined) return "no request any more";
  if (!same(after.client, found.client)) return "another client";
  if (!same(after.others, found.others)) return `other pairs: ${JSON.stringify(after.others)}`;
  if (after.hash !== found.hash) return "another fragment";

  // Where bytes are no UTF-8, `URLSearchParams` shows U+FFFD for each: names that differ
  // look the same, so what a policy makes of them cannot be told from here.
  if ([found.client ?? "", ...found.scopes, ...found.optional].some((it) => it.includes("\ufffd"))) {
    count.unclear += 1;
    return undefined;
  }
  const expected = decide(found);
  if (expected.changed !== (output !== reference)) return `changed: ${expected.changed}`;
  if (expected.changed) count.changed += 1;
  if (!same(expected.optional, found.optional)) count.moved += 1;
  if (!same(after.values, expected.values)) return `scope: ${JSON.stringify(expected.values)}`;
  if (!same(after.optional, expected.optional)) return `optional: ${JSON.stringify(expected.optional)}`;
  return undefined;
}

/** Returns the authorization request that `reference` leads to, if any. */
function read(reference) {
  // Browsers escape the bytes above 0x7F of a `Location` one by one.
  const ascii = reference.replace(/[\x80-\xff]/g, (byte) => "%" + hex(byte.charCodeAt(0)));
  const bare = ascii.replace(/^[\0- ]+/, "").replace(/[\t\n\r]/g, "");
  // The page may have come by https, though this proxy did not see it: see `//`.
  const base = /^[/\\]{2}/.test(bare) ? "https://app.example/" : "http://app.example:8080/start";
  let url;
  try {
    url = new URL(ascii, base);
  } catch {
    return undefined;
  }
  if (url.protocol !== "https:" || url.username + url.password + url.port !== "") return undefined;
  const host = url.hostname.replace(/\.$/, "");
  const path = url.pathname.replace(/%[0-9a-f]{2}/gi, unreserved).replace(/\/$/, "");
  if (!TABLE.some(([hosts, paths]) => hosts.test(host) && paths.test(path))) return undefined;

  const pairs = [...url.searchParams];
  const all = (name) => pairs.filter(([it]) => it === name).map(([, value]) => value);
  const clients = new Set(all("client_id").filter((id) => id !== ""));
  return {
    client: clients.size === 1 ? [...clients][0] : clients.size === 0 ? null : "(conflict)",
    values: all("scope"),
    scopes: all("scope").flatMap(split),
    optional: all("optional_scope"),
    others: pairs.filter(([name]) => name !== "scope" && name !== "optional_scope"),
    hash: url.hash,
  };
}

/** Returns what the client's policy makes of the scope lists. */
function decide({ client, values, scopes, optional }) {
  const policy = policies.clients[client] ?? policies.default;
  const unchanged = { values, optional, changed: false };
  if (values.length === 0 || policy.scope === "keep") return unchanged;
  if (policy.scope === "strip") return { values: [], optional, changed: true };

  const matches = (patterns, name) =>
    patterns.some((it) => (it.endsWith("*") ? name.startsWith(it.slice(0, -1)) : name === it));
  const renamed = scopes.map((name) => (Object.hasOwn(policy.rename, name) ? policy.rename[name] : name));
  const unique = [...new Set(renamed)];
  const moving = unique.filter((name) => matches(policy.optional, name));
  const kept = unique.filter((name) => !moving.includes(name) && matches(policy.allow, name));
  const separator = policy.separator === "comma" ? "," : " ";
  const list = kept.join(separator);
  if (values.length === 1 && values[0] === list && list !== "") return unchanged;

  const there = optional.flatMap(split);
  const joined = [...there, ...moving.filter((name) => !there.includes(name))];
  return {
    values: list === "" ? [] : [list],
    optional: joined.length > there.length ? [joined.join(separator)] : optional,
    changed: true,
  };
}

function split(list) {
  return list.split(/[\p{White_Space},]+/u).filter((name) => name !== "");
}

function unreserved(escape) {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape;
}

function hex(byte) {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
