import { apiOf, chooseConnection } from '#account/connection.ts'
import { credentialsFile, readCredentials } from '#account/credentials.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { EXIT } from '#exit-codes.ts'
import { visible } from '#show/visible.ts'
import type { World } from '#world.ts'

import { lookAtClient } from './client.ts'
import { fail, type Finding, ok, warn } from './finding.ts'
import { judgeNode, judgeRights } from './judge.ts'
import { exists, modeOf } from './machine.ts'
import { lookAtNetwork } from './network.ts'
import { lookAtServer } from './server.ts'

/** `octopus doctor`: looks at everything between this machine and the server, and says what to do. */
export const doctor: Act = async (given, world) => {
  const findings: Finding[] = []
  const tell = (...found: readonly Finding[]): void => {
    findings.push(...found)
    if (!given.has('json')) for (const finding of found) world.out.write(lineOf(finding, world))
  }
  tell(judgeNode(process.versions.node, process.execPath))
  const client = await lookAtClient(given.text('data-folder'), world)
  tell(...client.findings)
  tell(...(await lookAtServer(given.text('server-data-folder'), world)))
  const file = credentialsFile(world)
  if (await exists(file)) tell(judgeRights('sign-in file', file, await modeOf(file, world.platform)))
  const stored = await readCredentials(file)
  const own = chooseConnection(given.text('server'), world.env, { ...stored, server: null }, file)
  // Someone who says nothing means the server of the client that is here, else the one that was signed in to.
  const server = own?.server ?? client.server ?? stored.server ?? undefined
  if (server === undefined) {
    tell(fail('address', 'no server is known', 'Say --server URL, set OCTOPUS_SERVER, enrol the client or sign in.'))
  } else {
    const from = own?.serverFrom ?? (client.server === undefined ? file : client.serverFrom)
    tell(ok('address', `${server} (from ${from})`))
    tell(...(await lookAtNetwork({ server, env: world.env, fetch: world.fetch, clock: world.clock })))
    const connection = chooseConnection(server, world.env, stored, file)
    const reached = !findings.some(({ name, state }) => state === 'fail' && NEEDED.has(name))
    if (reached) tell(await lookAtSignIn(server, connection?.token, connection?.tokenFrom ?? '', world))
  }
  const bad = findings.filter(({ state }) => state === 'fail').length
  if (given.has('json')) printJson(JSON.stringify({ ok: bad === 0, findings }, undefined, 2), world)
  else world.out.write(summaryOf(findings))
  return bad === 0 ? EXIT.done : EXIT.failed
}

/** Without these nobody can be asked who is signed in. */
const NEEDED = new Set(['proxy', 'DNS', 'TCP', 'TLS', 'server'])

async function lookAtSignIn(server: string, token: string | undefined, from: string, world: World): Promise<Finding> {
  const remedy = `For the commands of the API: octopus login --server ${server}`
  if (token === undefined) return ok('sign-in', 'nobody is signed in; only the commands of the API need it')
  try {
    const me = await apiOf(server, world, { authorization: `Bearer ${token}` }).call('me', {})
    return ok('sign-in', `${me.name}, ${me.role} (from ${from})`)
  } catch (error) {
    return warn(
      'sign-in',
      `the token (from ${from}) is refused: ${error instanceof Error ? error.message : String(error)}`,
      remedy,
    )
  }
}

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const

function lineOf({ name, state, says, remedy }: Finding, { out, env }: World): string {
  const word = state === 'fail' ? 'FAIL' : state
  const marked = out.isTerminal && !env['NO_COLOR'] ? `\u001B[${COLOURS[state]}m${word}\u001B[0m` : word
  const pad = ' '.repeat(6 - word.length)
  const [first = '', ...more] = says.split('\n').map(visible)
  return [
    `${marked}${pad}${name}: ${first}\n`,
    ...more.map((line) => `        ${line}\n`),
    ...(remedy === undefined ? [] : [`        → ${visible(remedy)}\n`]),
  ].join('')
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: Finding['state']): number => findings.filter(({ state }) => state === wanted).length
  return `\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} wrong\n`
}
