import { WebSocket } from 'ws'

// The other side of the floor's sockets, in a process of its own: sends back what it gets.

const [port, count] = process.argv.slice(2)
for (let i = 0; i < Number(count); i++) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  socket.on('error', () => process.exit(1))
}
process.on('disconnect', () => process.exit(0))
