// A WebSocket echo on the `ws` library, on a port of its own.
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  maxPayload: 0,
  perMessageDeflate: { threshold: 0 },
});
server.on('listening', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
server.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  socket.on('error', (error) => console.error(error));
});
