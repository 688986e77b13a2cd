import type { Connect } from '#connection/talk.ts'

/** Connects by the WebSocket that is built into Node. */
export function connectBySocket(serverUrl: string): Connect {
  const address = endpoint(serverUrl, 'client/v1/session')
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  return (events, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Connect>>>()
    const socket = new WebSocket(address)
    let over = false
    const finish = (reason: string): void => {
      if (over) return
      over = true
      signal.removeEventListener('abort', abort)
      socket.close()
      reject(new Error(reason))
      events.closed(reason)
    }
    const abort = (): void => finish('given up')
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    socket.addEventListener('open', () =>
      resolve({
        send: (text) => {
          if (!over) socket.send(text)
        },
        close: finish,
        bufferedBytes: () => socket.bufferedAmount,
      }),
    )
    socket.addEventListener('message', ({ data }) => {
      if (over) return
      if (typeof data === 'string') events.message(data)
      else finish('the server sent bytes where text belongs')
    })
    socket.addEventListener('error', () => finish(`no connection to ${address.href}`))
    socket.addEventListener('close', ({ code, reason }) => finish(reason || `the connection was closed (${code})`))
    return promise
  }
}

/** An address below the server's, which may itself live below a path of a proxy. */
export function endpoint(serverUrl: string, path: string): URL {
  return new URL(path, serverUrl.endsWith('/') ? serverUrl : `${serverUrl}/`)
}
