import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Api } from './api.ts'
import { OctopusProcess } from './process.ts'

/** A port that was free a moment ago: servers of tests keep theirs over restarts. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

const ADMIN = { name: 'admin', password: 'correct horse battery' }

/** A server and its clients, as real processes on one machine, in a folder of their own. */
export class Octopus implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'octopus-e2e-'))
  readonly port: number
  readonly flags: readonly string[]
  readonly clients = new Map<string, OctopusProcess>()
  server: OctopusProcess
  api = new Api('', '')

  private constructor(port: number, flags: readonly string[]) {
    this.port = port
    this.flags = flags
    this.server = this.#spawnServer()
  }

  /** Starts a server as on a new machine, and makes the administrator as its first lines say. */
  static async start(flags: readonly string[] = []): Promise<Octopus> {
    const octopus = new Octopus(await freePort(), flags)
    const [, token] = await octopus.server.line(/setup#token=([\w-]+)/)
    await octopus.ready()
    const cookie = await octopus.#setUp(token as string)
    octopus.api = new Api(octopus.url, await octopus.#makeToken(cookie))
    return octopus
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pluginsFolder(): string {
    return join(this.folder, 'plugins')
  }

  async ready(): Promise<void> {
    await this.server.line(/"event":"listening"|"msg":"listening"/)
  }

  /** Starts the server again on the same folder and port. */
  async startAgain(): Promise<void> {
    this.server = this.#spawnServer()
    await this.ready()
  }

  async enrollmentToken(user?: string, maxUses = 1): Promise<string> {
    const made = await this.api.post('/enrollment-tokens', { approves: true, maxUses, ...(user ? { user } : {}) })
    return made.token
  }

  /** Starts a client process; the first time with a token, later from its state folder alone. */
  startClient(name: string, token?: string, flags: readonly string[] = []): OctopusProcess {
    const tokenFile = join(this.folder, `${name}.token`)
    if (token !== undefined) writeFileSync(tokenFile, token)
    const client = new OctopusProcess(
      [
        'client',
        ...['--data-folder', join(this.folder, 'clients', name), '--client-name', name],
        ...(token === undefined ? [] : ['--token-file', tokenFile]),
        ...flags,
      ],
      { cwd: this.folder },
    )
    this.clients.set(name, client)
    return client
  }

  /** Starts clients and waits until the server hears all of them. */
  async startClients(names: readonly string[], flags: readonly string[] = []): Promise<void> {
    const token = await this.enrollmentToken(undefined, names.length)
    for (const name of names) this.startClient(name, token, flags)
    await this.online(names.length)
  }

  async online(count: number): Promise<void> {
    await this.api.eventually('clients,stats', async () => {
      const stats = await this.api.get('/stats')
      return stats.clients.online >= count
    })
  }

  /** Waits until a task is completed, and answers it. */
  async completed(task: string): ReturnType<Api['get']> {
    return this.api.eventually(`task:${task}`, async () => {
      const found = await this.api.get(`/tasks/${task}`)
      return found.status === 'completed' && found
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client[Symbol.asyncDispose]()))
    await this.server[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawnServer(): OctopusProcess {
    return new OctopusProcess(
      [
        'server',
        ...['--server-port', String(this.port), '--data-folder', join(this.folder, 'server')],
        ...['--plugins-folder', this.pluginsFolder],
        ...this.flags,
      ],
      { cwd: this.folder },
    )
  }

  async #setUp(token: string): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...ADMIN }),
    })
    if (!response.ok) throw new Error(`setup: ${response.status} ${await response.text()}`)
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  async #makeToken(cookie: string): Promise<string> {
    const me = (await (await fetch(`${this.url}/api/v1/me`, { headers: { cookie } })).json()) as { csrfToken: string }
    const response = await fetch(`${this.url}/api/v1/tokens`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', 'x-octopus-csrf': me.csrfToken },
      body: JSON.stringify({ name: 'tests', role: 'admin' }),
    })
    if (!response.ok) throw new Error(`token: ${response.status} ${await response.text()}`)
    return ((await response.json()) as { token: string }).token
  }
}
