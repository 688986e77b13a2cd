import type { Api } from '@octopus/api-client/api.ts'

import { openApi } from '#account/connection.ts'
import { printJson } from '#calls/print.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'
import { visible, visibleLines } from '#show/visible.ts'
import type { World } from '#world.ts'

import { lineDiff } from './line-diff.ts'
import { readSourceFile } from './source-file.ts'

/** `octopus plugin source`: to be piped into a file; a terminal gets it harmless. */
export const source: Act = async (given, world) => {
  const api = await openApi(given, world)
  const name = given.needed('name')
  const version = given.text('version')
  const { source: text } =
    version === undefined
      ? await api.call('getPlugin', { params: { name } })
      : await api.call('getPluginVersion', { params: { name, version } })
  if (given.has('json')) printJson(JSON.stringify({ name, source: text }), world)
  else world.out.write(world.out.isTerminal ? visibleLines(text) : text)
  return EXIT.done
}

/** `octopus plugin diff`: exit code 0 also when they differ; it is for people. */
export const diff: Act = async (given, world) => {
  const api = await openApi(given, world)
  const name = given.needed('name')
  const current = await api.call('getPlugin', { params: { name } })
  const file = given.text('file')
  const to = numberOf(given.argument('to'), 'to') ?? current.version
  const from = numberOf(given.argument('from'), 'from') ?? (file === undefined ? to - 1 : current.version)
  if (from < 1) throw new UsageError(`${visible(name)} has one version only; there is nothing to compare it with.`)
  const before = await sourceOf(api, name, from)
  const after = file === undefined ? await sourceOf(api, name, to) : (await readSourceFile(file, given, world)).source
  const text = lineDiff(before, after, [`${name} version ${from}`, file ?? `${name} version ${to}`])
  if (text === '') world.err.write('They are the same.\n')
  else printDiff(text, world)
  return EXIT.done
}

/** `octopus plugin rollback`: the old bytes become current under a new number. */
export const rollback: Act = async (given, world) => {
  const api = await openApi(given, world)
  const [name, version] = [given.needed('name'), given.needed('version')]
  const { revision } = await api.call('getPlugin', { params: { name } })
  const { checksum } = await api.call('getPluginVersion', { params: { name, version } })
  const { text } = await api.send('setCurrentVersion', { params: { name }, body: { checksum }, revision })
  if (given.has('json')) printJson(text, world)
  const now = (JSON.parse(text) as { version: number }).version
  world.err.write(`${visible(name)} has the bytes of version ${version} again; they are version ${now} now.\n`)
  return EXIT.done
}

async function sourceOf(api: Api, name: string, version: number): Promise<string> {
  return (await api.call('getPluginVersion', { params: { name, version: String(version) } })).source
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`<${name}> is "${text.slice(0, 50)}"; it must be the number of a version.`)
}

function printDiff(text: string, world: World): void {
  const { out, env } = world
  if (!out.isTerminal) return out.write(text)
  const colour = (line: string): string => {
    const plain = visible(line)
    if (env['NO_COLOR'] || !/^[-+]/.test(line)) return plain
    return `\u001B[${line.startsWith('+') ? 32 : 31}m${plain}\u001B[0m`
  }
  out.write(text.split('\n').map(colour).join('\n'))
}
