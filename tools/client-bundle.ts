import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

import type { ClientTarget } from '@octopus/protocol/client-build.ts'
import { rolldown } from 'rolldown'

import { ROOT } from './root.ts'
import type { ArchiveEntry } from './tar-archive.ts'

const CLIENT = `${ROOT}packages/client/src/`
const SERVICE = 'packages/client/src/service/'

const BANNER = `// The Octopus client in one file, made from its source by "npm run build:client". Not packed, so that people and virus
// scanners can read it. Started by octopus-client beside it.`

/** The files of the client that are ours, without Node: the same for all targets but for the launcher. */
export async function bundleClient(target: ClientTarget): Promise<readonly ArchiveEntry[]> {
  const windows = target.startsWith('win')
  const script = await bundle(`${CLIENT}main.ts`)
  const nodeRunner = await bundle(`${CLIENT}runner/node/octopus-runner.ts`)
  return [
    text('client.mjs', script),
    windows
      ? text('octopus-client.cmd', source(`${SERVICE}octopus-client.cmd`).replaceAll('\n', '\r\n'))
      : text('octopus-client', source(`${SERVICE}octopus-client.sh`), true),
    ...(windows ? [] : [text('supervise.sh', source(`${SERVICE}supervise.sh`), true)]),
    // The runner of the other languages is a program of its own, started by the same Node.
    text('node/octopus-runner.mjs', nodeRunner),
    ...runnerFiles(),
    text('LICENSE', source('LICENSE')),
    text('LICENSE-typebox', licenseOf('typebox')),
  ]
}

async function bundle(input: string): Promise<string> {
  await using build = await rolldown({ input, cwd: ROOT, platform: 'node', logLevel: 'warn' })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false, banner: BANNER })
  const [chunk, more] = output
  if (more !== undefined) throw new Error(`The bundle has a second part: ${more.fileName}. It must be one file.`)
  return chunk.code
}

/** What runs inside the processes of plugins: found beside the program, in the same folder as in the source. */
function runnerFiles(): readonly ArchiveEntry[] {
  const paths = globSync('*/*.{py,mjs,sh,ps1}', { cwd: `${CLIENT}runner` }).map((path) => path.replaceAll('\\', '/'))
  if (!paths.some((path) => basename(path) === 'octopus_runner.py')) {
    throw new Error('The runner of Python plugins was not found: tools/client-bundle.ts looks in the wrong folder.')
  }
  return paths.toSorted().map((path) => text(path, source(`packages/client/src/runner/${path}`)))
}

function licenseOf(part: string): string {
  const [path] = globSync(`node_modules/${part}/{LICENSE,license}*`, { cwd: ROOT })
  if (path === undefined) throw new Error(`${part} has no license file any more: what the client holds must name it.`)
  return source(path)
}

/** A checkout on Windows may have other line ends; the archive must not. */
function source(path: string): string {
  return readFileSync(ROOT + path, 'utf8').replaceAll('\r\n', '\n')
}

function text(name: string, content: string, executable = false): ArchiveEntry {
  return { name, content: Buffer.from(content), executable }
}
