import type { OctopusProcess, Surroundings } from './process.ts'

/** Of a process whose event loop shall be blocked: it listens, on this machine alone, for an inspector. */
export const INSPECTED: Surroundings = { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } }

/**
 * Keeps the event loop busy for so long, as a huge JSON text or a bad pattern would, and waits until it is free. Threads
 * of the process go on.
 */
export async function blockLoop(blocked: OctopusProcess, forMs: number): Promise<void> {
  const [url = ''] = await blocked.line(/ws:\/\/127\.0\.0\.1\S+/)
  const inspector = new WebSocket(url)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const expression = `for (const end = performance.now() + ${forMs}; performance.now() < end;);`
  inspector.addEventListener('open', () =>
    inspector.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })),
  )
  inspector.addEventListener('message', () => resolve())
  inspector.addEventListener('error', () => reject(new Error('the inspector cannot be reached')))
  try {
    await promise
  } finally {
    inspector.close()
  }
}
