import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { OCTOPUS_VERSION, PROTOCOL } from '@octopus/protocol/version.ts'

import { fail, type Finding, ok, warn } from './finding.ts'
import { judgeCertificate, judgeSkew, judgeVersion, remedyOf } from './judge.ts'
import { proxyFor, withoutPassword } from './proxy.ts'

/** What has not answered by then is in the way. */
const ANSWER_MS_MAX: Ms = 8_000

interface NetworkNeeds {
  readonly server: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof fetch
  readonly clock: Pick<Clock, 'wall'>
}

/** From the name to the session, step by step; what cannot be reached is not asked further. */
export async function lookAtNetwork(needs: NetworkNeeds): Promise<readonly Finding[]> {
  const address = new URL(needs.server)
  const proxy = proxyFor(address, needs.env)
  const target = proxy !== undefined && URL.canParse(proxy) ? new URL(proxy) : address
  const findings: Finding[] = [proxyFinding(proxy, address)]
  const names = await lookAtName(target.hostname)
  findings.push(names)
  if (names.state === 'fail') return findings
  const tcp = await lookAtPort(target)
  findings.push(tcp)
  if (tcp.state === 'fail') return findings
  // Through a proxy, only the proxy can be looked at from here; the health check then goes all the way.
  if (address.protocol === 'https:' && proxy === undefined) findings.push(await lookAtTls(address, needs.clock))
  findings.push(plainFinding(address))
  const health = await lookAtHealth(needs)
  findings.push(...health)
  if (health.some(({ state }) => state === 'fail')) return findings
  return [...findings, ...(await lookAtSocket(needs))]
}

function proxyFinding(proxy: string | undefined, address: URL): Finding {
  if (proxy === undefined) return ok('proxy', 'none is set for this address')
  if (URL.canParse(proxy)) return ok('proxy', `${withoutPassword(proxy)} is used`)
  const variable = address.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  return fail(
    'proxy',
    `${variable} is no address`,
    `Set ${variable} to an address like http://proxy.example.com:3128, or to nothing.`,
  )
}

function plainFinding(address: URL): Finding {
  if (address.protocol === 'https:') return ok('encryption', 'the connection is encrypted')
  const { hostname } = address
  if (hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.'))
    return ok('encryption', 'none, and none is needed on this machine')
  return warn(
    'encryption',
    'none: tokens and output can be read on the way',
    'Put the server behind TLS and use its https:// address.',
  )
}

async function lookAtName(hostname: string): Promise<Finding> {
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })
    return ok('DNS', `${hostname} is ${found.map(({ address }) => address).join(', ')}`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return fail('DNS', `${hostname} is not known (${code})`, remedyOf(code, hostname))
  }
}

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80)
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

function lookAtPort(target: URL): Promise<Finding> {
  const port = portOf(target)
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const socket = connect({ host: hostOf(target), port })
  const end = (finding: Finding): void => {
    socket.destroy()
    resolve(finding)
  }
  const failed = (code: string | undefined): Finding =>
    fail('TCP', `no connection to ${target.hostname} port ${port} (${code})`, remedyOf(code, target.hostname))
  socket.setTimeout(ANSWER_MS_MAX, () => end(failed('ETIMEDOUT')))
  socket.once('connect', () => end(ok('TCP', `${target.hostname} port ${port} answers`)))
  socket.once('error', (error: NodeJS.ErrnoException) => end(failed(error.code)))
  return promise
}

function lookAtTls(address: URL, clock: Pick<Clock, 'wall'>): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const host = hostOf(address)
  const socket = connectTls({ host, port: portOf(address), ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }) })
  const end = (finding: Finding): void => {
    socket.destroy()
    resolve(finding)
  }
  socket.setTimeout(ANSWER_MS_MAX, () => end(fail('TLS', 'no answer', remedyOf('ETIMEDOUT', host))))
  socket.once('secureConnect', () => {
    const { valid_to: validTo, subject } = socket.getPeerCertificate()
    end(judgeCertificate(Date.parse(validTo), clock.wall(), String(subject?.CN ?? host)))
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    end(fail('TLS', `not trusted: ${error.message} (${error.code})`, remedyOf(error.code, host)))
  })
  return promise
}

async function lookAtHealth(needs: NetworkNeeds): Promise<readonly Finding[]> {
  const [health, ready] = [await ask(needs, 'healthz'), await ask(needs, 'readyz')]
  if (typeof health === 'string') {
    return [
      fail(
        'server',
        health,
        'Something else answers there, or the server is in trouble: look at its address and its log.',
      ),
    ]
  }
  const version = judgeVersion(String(health['version']), OCTOPUS_VERSION)
  if (typeof ready !== 'string') return [version]
  return [
    version,
    warn('store', `the server cannot write now: ${ready}`, 'Look at the disk and the log of the server.'),
  ]
}

/** The JSON of the answer, or what is wrong with it. */
async function ask({ server, fetch }: NetworkNeeds, path: string): Promise<Readonly<Record<string, unknown>> | string> {
  try {
    const response = await fetch(below(server, path), { redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    const text = await response.text()
    if (!response.ok) return `${path} answered ${response.status}`
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'version' in value) return value
    return `${path} answered, but not as Octopus does`
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    return `${path}: ${cause}`
  }
}

/** A session's first word is the server's: it tells that the way is open for WebSockets, and what time it is there. */
function lookAtSocket({ server, clock }: NetworkNeeds): Promise<readonly Finding[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>()
  const address = below(server, 'client/v1/session')
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(address)
  const late = AbortSignal.timeout(ANSWER_MS_MAX)
  const end = (findings: readonly Finding[]): void => {
    late.removeEventListener('abort', onLate)
    socket.close()
    resolve(findings)
  }
  const blocked = (why: string): void =>
    end([
      fail(
        'WebSocket',
        why,
        'A proxy or gateway in between does not pass WebSockets on: it must let "Upgrade" through for /client/v1/session.',
      ),
    ])
  const onLate = (): void => blocked('no word from the server')
  late.addEventListener('abort', onLate, { once: true })
  socket.addEventListener('error', () => blocked('the connection was refused'), { once: true })
  socket.addEventListener('close', ({ code }) => blocked(`the connection was closed (${code})`), { once: true })
  socket.addEventListener(
    'message',
    ({ data }) => {
      const { protocols, serverTime } = challengeOf(data)
      if (protocols === undefined || serverTime === undefined) return blocked('what answers is no Octopus server')
      const speaks = protocols.includes(PROTOCOL)
      const says = `open; the server speaks protocol ${protocols.join(', ')}`
      const socketFinding = speaks
        ? ok('WebSocket', says)
        : fail('WebSocket', `${says}, this speaks ${PROTOCOL}`, 'Update the client.')
      end([socketFinding, judgeSkew(clock.wall() - serverTime)])
    },
    { once: true },
  )
  return promise
}

function challengeOf(data: unknown): { protocols?: readonly number[]; serverTime?: number } {
  try {
    const { protocols, serverTime } = JSON.parse(String(data)) as Record<string, unknown>
    if (!Array.isArray(protocols) || typeof serverTime !== 'number') return {}
    return { protocols: protocols.filter((one) => typeof one === 'number'), serverTime }
  } catch {
    return {}
  }
}

/** An address below the server's, which may itself live below a path of a proxy. */
function below(server: string, path: string): URL {
  return new URL(path, server.endsWith('/') ? server : `${server}/`)
}
