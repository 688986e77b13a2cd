import type { Server } from 'node:http'

import { sourceKey } from '@octopus/kit/source-key.ts'

/** Open connections of any kind: every client keeps one. The goal is 100,000 clients. */
export const CONNECTIONS_MAX = 130_000
/** Of one address. A company behind one address may have many PCs; one machine that opens everything may not. */
export const CONNECTIONS_PER_ADDRESS_MAX = 20_000

/** Closes connections beyond the limits before anything is read from them. */
export function countConnections(
  server: Pick<Server, 'on' | 'maxConnections'>,
  /** A proxy's connections are those of many. */
  isTrustedProxy: (address: string) => boolean = () => false,
  perAddress = CONNECTIONS_PER_ADDRESS_MAX,
): void {
  const open = new Map<string, number>()
  server.maxConnections = CONNECTIONS_MAX
  server.on('connection', (socket) => {
    if (isTrustedProxy(socket.remoteAddress ?? '')) return
    const key = sourceKey(socket.remoteAddress ?? '')
    const count = (open.get(key) ?? 0) + 1
    if (count > perAddress) return void socket.destroy()
    open.set(key, count)
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1
      if (left > 0) open.set(key, left)
      else open.delete(key)
    })
  })
}
