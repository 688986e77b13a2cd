import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Api, type Json } from './api.ts'
import { DatabaseCopy } from './database.ts'
import { GroundTruth } from './ground-truth.ts'
import { clientMark, nothingLeft } from './leaks.ts'
import { OctopusProcess, ROOT, type Surroundings } from './process.ts'

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
/** Clients started side by side: more of them on two cores only make each other wait. */
const WAVE = 10

/** A server and its clients, as real processes on one machine, in a folder of their own. */
export class Octopus implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'octopus-e2e-'))
  readonly port: number
  readonly flags: readonly string[]
  readonly clients = new Map<string, OctopusProcess>()
  server: OctopusProcess
  /** Of every server that is started from now on. */
  around: Surroundings
  api = new Api('', '')
  /** Every process that was ever started here, also those that another one has taken the name of. */
  readonly #started: OctopusProcess[] = []

  private constructor(port: number, flags: readonly string[], around: Surroundings) {
    this.port = port
    this.flags = flags
    this.around = around
    this.server = this.#spawnServer()
  }

  /** Starts a server as on a new machine, and makes the administrator as its first lines say. */
  static async start(flags: readonly string[] = [], around: Surroundings = {}): Promise<Octopus> {
    const octopus = new Octopus(await freePort(), flags, around)
    try {
      const [, token] = await octopus.server.line(/setup#token=([\w-]+)/)
      await octopus.ready()
      const cookie = await octopus.#setUp(token as string)
      octopus.api = new Api(octopus.url, await octopus.#makeToken(cookie))
      return octopus
    } catch (error) {
      // Nobody else would end it, and it would keep the test from ending.
      await octopus.server.die()
      throw error
    }
  }

  get url(): string {
    const host = this.flags[this.flags.indexOf('--server-host') + 1]
    return `http://${this.flags.includes('--server-host') ? host : '127.0.0.1'}:${this.port}`
  }

  get pluginsFolder(): string {
    return join(this.folder, 'plugins')
  }

  get serverFolder(): string {
    return join(this.folder, 'server')
  }

  stateFolder(client: string): string {
    return join(this.folder, 'clients', client)
  }

  async ready(): Promise<void> {
    await this.server.line(/"event":"listening"/)
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
  startClient(name: string, token?: string, flags: readonly string[] = [], around: Surroundings = {}): OctopusProcess {
    const tokenFile = join(this.folder, `${name}.token`)
    if (token !== undefined) writeFileSync(tokenFile, token)
    const client = new OctopusProcess(
      [
        'client',
        '--data-folder',
        this.stateFolder(name),
        '--client-name',
        name,
        ...(token === undefined ? [] : ['--token-file', tokenFile]),
        ...flags,
      ],
      { cwd: this.folder, ...around },
    )
    this.clients.set(name, client)
    this.#started.push(client)
    return client
  }

  /** Starts clients, a few at a time, and waits until the server hears all of them. */
  async startClients(names: readonly string[], flags: readonly string[] = []): Promise<void> {
    const token = await this.enrollmentToken(undefined, names.length)
    const before = (await this.api.get('/stats')).clients.online
    for (let at = 0; at < names.length; at += WAVE) {
      const wave = names.slice(at, at + WAVE)
      for (const name of wave) this.startClient(name, token, flags)
      await this.online(before + at + wave.length)
    }
  }

  /** Makes a user and starts a client that belongs to them. */
  async startClientOf(user: string, name: string, flags: readonly string[] = []): Promise<OctopusProcess> {
    await this.api.post('/users', { name: user })
    const client = this.startClient(name, await this.enrollmentToken(user), flags)
    await this.presence(name, 'online')
    return client
  }

  async online(count: number): Promise<void> {
    await this.api.eventually('clients,stats', async () => {
      const stats = await this.api.get('/stats')
      return stats.clients.online >= count
    })
  }

  /** Waits until the server holds this client for online or offline, and answers what it knows of it. */
  async presence(name: string, presence: 'online' | 'offline', timeoutMs?: number): Promise<Json> {
    const look = async (): Promise<Json> => {
      const found = await this.client(name)
      return found?.presence === presence && found
    }
    return this.api.eventually('clients', look, timeoutMs)
  }

  /** What the server knows of a client; undefined when there is none of this name. */
  async client(name: string): Promise<Json> {
    return (await this.api.all('/clients')).find((client) => client.name === name)
  }

  /** Publishes a plugin by the API. */
  async publish(name: string, source: string): Promise<Json> {
    return this.api.put(`/plugins/${name}`, { language: 'python', source })
  }

  /** Publishes a plugin that comes with Octopus. */
  async publishSample(name: string): Promise<Json> {
    return this.publish(name, readFileSync(join(ROOT, 'plugins', `${name}.py`), 'utf8'))
  }

  /** A file that `probe` writes its starts and ends to. */
  truth(name: string): GroundTruth {
    return new GroundTruth(join(this.folder, `${name}.truth`))
  }

  /** Creates an ad-hoc task for anyone, unless something else is said. */
  async task(wish: Json): Promise<Json> {
    return this.api.post('/tasks', { owner: 'anyone', type: 'ad-hoc', ...wish })
  }

  /** Creates a task, waits for its end, and answers its executions with their results. */
  async run(wish: Json, timeoutMs?: number): Promise<readonly Json[]> {
    const { id } = await this.task(wish)
    await this.completed(id, timeoutMs)
    return this.executionsOf(id)
  }

  /** Waits until a task is completed, and answers it. */
  async completed(task: string, timeoutMs?: number): Promise<Json> {
    const look = async (): Promise<Json> => {
      const found = await this.api.get(`/tasks/${task}`)
      return found.status === 'completed' && found
    }
    return this.api.eventually(`task:${task}`, look, timeoutMs)
  }

  /** The executions of a task, each with its result. */
  async executionsOf(task: string): Promise<readonly Json[]> {
    const items = await this.api.all(`/executions?task=${task}`)
    return Promise.all(items.map(({ id }) => this.api.get(`/executions/${id}`)))
  }

  /** Waits until the one execution of a task is in one of these states, and answers it. */
  async inState(task: string, states: readonly string[], timeoutMs?: number): Promise<Json> {
    const look = async (): Promise<Json> => {
      const { items } = await this.api.get(`/executions?task=${task}`)
      return items[0] && states.includes(items[0].state) && this.api.get(`/executions/${items[0].id}`)
    }
    return this.api.eventually(`task:${task},executions`, look, timeoutMs)
  }

  /** `octopus backup` into a file, of a server that works; `octopus restore` from it, of one that is stopped. */
  async storeCommand(name: 'backup' | 'restore', file: string): Promise<void> {
    const program = new OctopusProcess([name, file, '--data-folder', this.serverFolder], { cwd: this.folder })
    const { code } = await program.exited
    if (code !== 0) throw new Error(`octopus ${name} ended with ${code}:\n${program.lines.join('\n')}`)
  }

  /** All that an execution printed. */
  async outputOf(execution: string): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/executions/${execution}/output?raw=1`, {
      headers: { authorization: `Bearer ${this.api.token}` },
    })
    return response.text()
  }

  /** Stops everything in good order, removes the folder, and throws if a process is left or the database is unsound. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((client) => client[Symbol.asyncDispose]()))
    await this.server[Symbol.asyncDispose]()
    await nothingLeft([this.folder, ...[...this.clients.keys()].map((name) => clientMark(this.stateFolder(name)))])
    using copy = new DatabaseCopy(this.serverFolder)
    copy.assertSound()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawnServer(): OctopusProcess {
    const folders = ['--data-folder', this.serverFolder, '--plugins-folder', this.pluginsFolder]
    const args = ['server', '--server-port', String(this.port), ...folders, ...this.flags]
    return new OctopusProcess(args, { cwd: this.folder, ...this.around })
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
