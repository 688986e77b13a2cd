import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'

/** A proxy that leads every name to this machine, by tunnel or by plain request, and notes what it was asked for. */
export function createProxy(seen: string[]): Server {
  const proxy = createServer((asked, answer) => {
    seen.push(asked.url ?? '')
    const { port, pathname, search } = new URL(asked.url ?? '')
    const onward = request(
      { host: '127.0.0.1', port, path: pathname + search, method: asked.method, headers: asked.headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(answer)
      },
    )
    asked.pipe(onward)
  })
  proxy.on('connect', (asked, socket) => {
    seen.push(asked.url ?? '')
    const onward = connect(Number(asked.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    for (const one of [socket, onward]) one.on('error', () => one.destroy())
  })
  proxy.on('upgrade', (asked, socket, head) => {
    seen.push(asked.url ?? '')
    const { port, pathname } = new URL(asked.url ?? '')
    const onward = connect(Number(port), '127.0.0.1', () => {
      const pairs = Array.from({ length: asked.rawHeaders.length / 2 }, (_, n) =>
        asked.rawHeaders.slice(2 * n, 2 * n + 2),
      )
      const lines = [`GET ${pathname} HTTP/1.1`, ...pairs.map((pair) => pair.join(': ')), '', '']
      onward.write(lines.join('\r\n'))
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    for (const one of [socket, onward]) one.on('error', () => one.destroy())
  })
  return proxy
}
