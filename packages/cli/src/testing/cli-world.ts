import { createSystemClock } from '@octopus/kit/clock.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'
import type { ApiWorld } from '@octopus/server/testing/api-world.ts'

import { runCommandLine } from '#main.ts'
import type { World } from '#world.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The command line in this process, against the real HTTP side over a store in memory. */
export async function runAgainst(api: ApiWorld, argv: readonly string[], changes: Partial<World> = {}): Promise<Ran> {
  const printed = { out: '', err: '' }
  const sink = (name: keyof typeof printed): World['out'] => ({
    write: (text) => void (printed[name] += text),
    isTerminal: false,
    columns: () => 80,
  })
  const world: World = {
    env: { OCTOPUS_SERVER: 'http://octopus.test', OCTOPUS_TOKEN: api.tokens.admin },
    platform: 'linux',
    homeFolder: '/nowhere',
    workFolder: '/nowhere',
    out: sink('out'),
    err: sink('err'),
    clock: createSystemClock(),
    random: createSystemRandom(),
    fetch: injected(api),
    canAsk: false,
    ask: () => Promise.reject(new Error('nobody can be asked')),
    readInput: async () => '',
    onInterrupt: () => () => {},
    ...changes,
  }
  const code = await runCommandLine(argv, world)
  return { code, ...printed }
}

/** A fetch that ends in the server's own router: no port, no socket. */
function injected(api: ApiWorld): typeof fetch {
  return async (address, init) => {
    const { pathname, search } = new URL(address as string)
    // An answer comes only when it is whole, and a stream never is: as if there were none, callers look by themselves.
    if (pathname === '/api/v1/events') throw new TypeError('there are no streams here')
    const headers = Object.fromEntries(new Headers(init?.headers))
    const { status, text } = await api.call({
      method: init?.method ?? 'GET',
      path: pathname + search,
      token: null,
      headers,
      ...(typeof init?.body === 'string' && { text: init.body }),
    })
    return new Response(status === 204 ? null : text, { status })
  }
}
