import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { HttpLoad } from './http-load.ts'
import { sleep } from './measure.ts'

const PROGRAM = join(import.meta.dirname, '..', 'packages/cli/src/octopus.ts')
const LINE_MS_MAX = 30_000
const STOP_MS_MAX = 30_000
/** Seldom enough that asking does not slow down what is asked about. */
const ASK_MS = 50

/** Nothing of the tester's own settings reaches what is measured. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('OCTOPUS_')))

/** Does nothing, in the language that most plugins are written in. */
const NOOP = 'def run():\n    return None\n'
/** Says when its first line ran. */
const CLOCK = 'import time\n\n\ndef run():\n    at = time.time() * 1000\n    print("first line")\n    return at\n'

/** A server as a real process, with plugins for measuring, and an administrator's token. */
export class Stack implements AsyncDisposable {
  readonly folder: string
  readonly url: string
  readonly server: ChildProcess
  readonly #clients: ChildProcess[] = []
  readonly token: string
  readonly api: HttpLoad

  readonly #nodeFlags: readonly string[]

  private constructor(
    parts: { folder: string; url: string; server: ChildProcess; token: string },
    nodeFlags: readonly string[],
  ) {
    this.#nodeFlags = nodeFlags
    this.folder = parts.folder
    this.url = parts.url
    this.server = parts.server
    this.token = parts.token
    this.api = new HttpLoad(parts.url, parts.token, 1)
  }

  static async start(nodeFlags: readonly string[]): Promise<Stack> {
    const folder = mkdtempSync(join(tmpdir(), 'octopus-bench-'))
    const place = ['--data-folder', join(folder, 'server'), '--plugins-folder', join(folder, 'plugins')]
    const server = spawnOctopus(folder, nodeFlags, ['server', '--server-port', '0', ...place])
    const setup = lineOf(server.stderr, /(http:\/\/[^/]+)\/dashboard\/setup#token=([\w-]+)/)
    const [, url = '', secret = ''] = await setup
    const stack = new Stack({ folder, url, server, token: await firstToken(url, secret) }, nodeFlags)
    await stack.publish('noop', NOOP)
    await stack.publish('clock', CLOCK)
    return stack
  }

  get pid(): number {
    return this.server.pid as number
  }

  get clientPids(): readonly number[] {
    return this.#clients.map(({ pid }) => pid as number)
  }

  async publish(name: string, source: string): Promise<void> {
    await call(this, 'PUT', `/plugins/${name}`, { language: 'python', source })
  }

  async enrollmentToken(maxUses: number): Promise<string> {
    const made = await call(this, 'POST', '/enrollment-tokens', { approves: true, maxUses })
    return (made as { token: string }).token
  }

  /** Real client processes, connected when this resolves. */
  async startClients(count: number, slots: number): Promise<void> {
    const token = join(this.folder, 'token')
    writeFileSync(token, await this.enrollmentToken(count))
    for (let i = 1; i <= count; i++) {
      const name = `pc-${i}`
      const place = ['--data-folder', join(this.folder, name), '--client-name', name]
      const flags = ['client', ...place, '--token-file', token, '--slots', String(slots)]
      this.#clients.push(spawnOctopus(this.folder, this.#nodeFlags, flags))
    }
    await this.online(count)
  }

  async online(count: number): Promise<void> {
    while ((await this.stats()).clients.online < count) await sleep(50)
    // Plugins have spread and runners were found a moment later.
    await sleep(500)
  }

  stats(): Promise<{ clients: { online: number }; last24h: { succeeded: number; failed: number } }> {
    return this.api.read('/api/v1/stats')
  }

  /** Waits until so many executions have ended since the server began. */
  async ended(count: number): Promise<void> {
    for (;;) {
      const { succeeded, failed } = (await this.stats()).last24h
      if (failed > 0) throw new Error(`${failed} executions failed`)
      if (succeeded >= count) return
      await sleep(ASK_MS)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api[Symbol.dispose]()
    await Promise.all(this.#clients.map(stop))
    await stop(this.server)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function spawnOctopus(folder: string, nodeFlags: readonly string[], args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...args], {
    cwd: folder,
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout?.resume()
  if (args[0] === 'client') child.stderr?.pipe(process.stderr)
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
  child.kill('SIGTERM')
  await exited
  clearTimeout(hard)
}

function lineOf(stream: ChildProcess['stderr'], pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    const giveUp = setTimeout(() => reject(new Error(`no line fits. It said: ${lines.join('\n')}`)), LINE_MS_MAX)
    if (!stream) return
    createInterface(stream).on('line', (line) => {
      lines.push(line)
      const match = pattern.exec(line)
      if (!match) return
      clearTimeout(giveUp)
      resolve(match)
    })
  })
}

async function firstToken(url: string, secret: string): Promise<string> {
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ token: secret, name: 'admin', password: 'correct horse battery' })
  const setup = await fetch(`${url}/api/v1/setup`, { method: 'POST', headers: json, body })
  if (!setup.ok) throw new Error(`setup: ${setup.status} ${await setup.text()}`)
  const cookie = setup.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const me = (await (await fetch(`${url}/api/v1/me`, { headers: { cookie } })).json()) as { csrfToken: string }
  const made = await fetch(`${url}/api/v1/tokens`, {
    method: 'POST',
    headers: { ...json, cookie, 'x-octopus-csrf': me.csrfToken },
    body: JSON.stringify({ name: 'bench', role: 'admin' }),
  })
  if (!made.ok) throw new Error(`token: ${made.status} ${await made.text()}`)
  return ((await made.json()) as { token: string }).token
}

async function call(stack: Pick<Stack, 'url' | 'token'>, method: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${stack.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}
