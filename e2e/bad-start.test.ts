import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'

import { freePort, Octopus } from './harness/octopus.ts'
import { OctopusProcess } from './harness/process.ts'

describe('a start that cannot succeed', () => {
  let octopus: Octopus
  before(async () => {
    octopus = await Octopus.start()
  })
  after(() => octopus[Symbol.asyncDispose]())

  /** A server of its own on the folder and port that are given, or on free ones. */
  const server = async (
    name: string,
    flags: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Complaint> => {
    const folder = join(octopus.folder, name)
    const standard = ['--server-port', String(await freePort()), '--data-folder', folder]
    const plugins = ['--plugins-folder', join(octopus.folder, `${name}-plugins`)]
    return complaintOf(new OctopusProcess(['server', ...standard, ...plugins, ...flags], { cwd: octopus.folder, env }))
  }
  const client = (name: string, flags: readonly string[]): Promise<Complaint> => {
    const folder = octopus.stateFolder(name)
    return complaintOf(new OctopusProcess(['client', '--data-folder', folder, ...flags], { cwd: octopus.folder }))
  }

  it('names the port that is in use', async () => {
    const said = await server('port', ['--server-port', String(octopus.port)])
    isOneSentence(said, new RegExp(`Port ${octopus.port} .*in use`), /--port\b/)
  })

  it('names the data folder that cannot be written', async () => {
    writeFileSync(join(octopus.folder, 'a-file'), '')
    const folder = join(octopus.folder, 'a-file', 'below')
    isOneSentence(await server('unwritable', ['--data-folder', folder]), new RegExp(folder), /DATA_FOLDER/)
    isOneSentence(await server('no-inbox', ['--plugins-folder', folder]), new RegExp(folder), /PLUGINS_FOLDER/)
    isOneSentence(await client('unwritable', ['--data-folder', folder]), new RegExp(folder), /DATA_FOLDER/)
    isOneSentence(await client('no-cache', ['--plugins-folder', folder]), new RegExp(folder), /PLUGINS_FOLDER/)
  })

  it('leaves a folder alone that holds other things, and asks for one of the client’s own', async () => {
    const home = octopus.stateFolder('home')
    mkdirSync(join(home, 'work'), { recursive: true })
    writeFileSync(join(home, 'work', 'thesis.txt'), '')
    const token = await octopus.enrollmentToken()
    isOneSentence(await client('home', ['--token', token]), new RegExp(`${home} holds other things`), /DATA_FOLDER/)
    assert.deepEqual(readdirSync(join(home, 'work')), ['thesis.txt'])
    assert.deepEqual(readdirSync(home), ['work'])
  })

  it('names the setting with the wrong value, where it stands, and what it may be', async () => {
    isOneSentence(
      await server('flag', ['--hold-seconds', 'long']),
      /--hold-seconds: HOLD_SECONDS is "long"/,
      /45 to 3600/,
    )
    const byVariable = await server('variable', [], { OCTOPUS_HOLD_SECONDS: '44' })
    isOneSentence(byVariable, /OCTOPUS_HOLD_SECONDS: HOLD_SECONDS is "44"/, /45 to 3600/)
    isOneSentence(await server('unknown-flag', ['--hold-second', '60']), /--hold-second\b/, /--hold-seconds/)
    isOneSentence(await client('slots', ['--slots', '0']), /--slots: SLOTS is "0"/, /1 to 64/)
  })

  it('names the unknown key in the settings file, with its line, and the one that was meant', async () => {
    const file = join(octopus.folder, 'wrong.conf')
    writeFileSync(file, '# our server\nHOLD_SECOND = 60\n')
    isOneSentence(await server('unknown-key', ['--config', file]), /wrong\.conf, line 2: HOLD_SECOND/, /HOLD_SECONDS/)
    const missing = join(octopus.folder, 'missing.conf')
    isOneSentence(await server('no-file', ['--config', missing]), /missing\.conf/, /--config/)
  })

  it('refuses to be the second server on one data folder, and harms nothing', async () => {
    const said = await server('second', ['--data-folder', octopus.serverFolder])
    isOneSentence(said, new RegExp(octopus.serverFolder), /Stop it first|DATA_FOLDER/)
    await octopus.api.get('/stats')
  })

  it('refuses a database that a newer Octopus wrote, and names both versions', async () => {
    const other = await Octopus.start()
    await other.server.stop()
    const database = new DatabaseSync(join(other.serverFolder, 'octopus.db'))
    const { number } = database.prepare('select max(number) as number from migration').get() as { number: number }
    const ofTomorrow = 'insert into migration (number, name, checksum, applied_at) values (999, ?, ?, 0)'
    database.prepare(ofTomorrow).run('of_tomorrow', 'f'.repeat(64))
    database.close()
    const said = await server('newer', ['--data-folder', other.serverFolder])
    isOneSentence(said, new RegExp(`999.*\\b${number}\\b|\\b${number}\\b.*999`), /newer/)
    await other[Symbol.asyncDispose]()
  })

  it('says what is wrong with the token: no file, none given, no token, used up', async () => {
    const missing = join(octopus.folder, 'missing.token')
    isOneSentence(await client('no-file', ['--token-file', missing]), /missing\.token/, /--token-file/)
    isOneSentence(
      await client('a-folder', ['--token-file', octopus.folder]),
      new RegExp(octopus.folder),
      /cannot be read/,
    )
    isOneSentence(await client('no-token', []), /not enrolled/, /Make a token/)
    isOneSentence(await client('no-octopus-token', ['--token', 'hunter2']), /octo1\./, /Copy the whole token/)

    const token = await octopus.enrollmentToken()
    octopus.startClient('first', token)
    await octopus.presence('first', 'online')
    isOneSentence(await client('too-late', ['--token', token]), /token/i, /new|another|Make/)
  })

  it('lets exactly one of two clients in that use a token for one at the same time', async () => {
    const token = await octopus.enrollmentToken()
    const twins = ['left', 'right'].map((name) => octopus.startClient(name, token))
    const enrolled = twins.map((twin) => twin.line(/"event":"enrolled"/).then(() => twin))
    const winner = await Promise.any(enrolled)
    await Promise.allSettled(enrolled)
    const loser = twins.find((twin) => twin !== winner) as OctopusProcess
    isOneSentence(await complaintOf(loser), /token/i, /new|another|Make/)
    const known = (await octopus.api.all('/clients')).filter(({ name }) => ['left', 'right'].includes(name))
    assert.equal(known.length, 1)
    assert.ok(winner.isAlive)
  })
})

interface Complaint {
  readonly code: number | null
  readonly lines: readonly string[]
}

async function complaintOf(program: OctopusProcess): Promise<Complaint> {
  const { code } = await program.exited
  return { code, lines: program.complaints }
}

/** One line for a person: what is wrong, with the value, and what to do. No stack, and no success. */
function isOneSentence({ code, lines }: Complaint, what: RegExp, remedy: RegExp): void {
  const text = lines.join('\n')
  assert.notEqual(code, 0, text)
  assert.equal(lines.length, 1, text)
  assert.match(text, what)
  assert.match(text, remedy)
  assert.doesNotMatch(text, /^\s+at |\.ts:\d|node:internal|Error:/m)
}
