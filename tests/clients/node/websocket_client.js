// Sends messages to a WebSocket echo with the `ws` library:
// node websocket_client.js URL deflate|plain [AUTHORITY]
const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const { WebSocket } = require('ws');

const SIZES = [0, 1, 125, 126, 65_535, 65_536, 1 << 20, 16 << 20];

async function main(url, compression, authority) {
  const deflate = compression === 'deflate';
  const socket = new WebSocket(url, {
    ca: authority && fs.readFileSync(authority),
    handshakeTimeout: 60_000,
    maxPayload: 0,
    perMessageDeflate: deflate && { threshold: 0 },
  });
  const signal = AbortSignal.timeout(150_000);
  await once(socket, 'open', { signal });
  assert.strictEqual(socket.extensions.includes('permessage-deflate'), deflate);
  let count = 0;
  for (const size of SIZES) {
    // One that deflate makes smaller, and one that it does not.
    for (const message of ['scope '.repeat(size / 6 + 1).slice(0, size), randomBytes(size)]) {
      socket.send(message);
      const [data, binary] = await once(socket, 'message', { signal });
      assert.strictEqual(binary, typeof message !== 'string');
      assert.ok(data.equals(Buffer.from(message)), `${size} bytes came back otherwise`);
      count += 1;
    }
  }
  socket.ping('are you there');
  const [pong] = await once(socket, 'pong', { signal });
  assert.strictEqual(pong.toString(), 'are you there');
  socket.close(4001, 'done');
  const [code] = await once(socket, 'close', { signal });
  assert.strictEqual(code, 4001);
  console.log(`${count} messages came back`);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
