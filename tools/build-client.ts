// npm run build:client [-- --target linux-x64 …] [--out FOLDER]: the client as archives, each with its Node. No target
// means all; `--target host` means this machine's.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { CLIENT_TARGETS, type ClientArchive, type ClientTarget } from '@octopus/protocol/client-build.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { OCTOPUS_VERSION } from '@octopus/protocol/version.ts'

import { packArchive } from './client-archive.ts'
import { bundleClient } from './client-bundle.ts'
import { TARGETS, targetOf } from './client-targets.ts'
import { openNodePackage } from './node-binary.ts'
import { ROOT } from './root.ts'

/** Where the server looks, too, when it has no folder of its own. */
const OUT_DEFAULT = `${ROOT}packages/client/dist`
const CACHE = `${ROOT}node_modules/.cache/octopus-client`

interface Built {
  readonly archive: ClientArchive
  readonly node: string
}

/** Builds one target into `out` and answers what the manifest says of it. */
async function buildTarget(target: ClientTarget, out: string): Promise<Built> {
  const facts = TARGETS[target]
  const node = await openNodePackage(facts, CACHE)
  // The checksum of the package is part of the key: another Node never comes out of the cache.
  const key = sha256Hex(`${facts.nodePackage} ${node.version} ${node.integrity}`).slice(0, 16)
  const binary = node.file(facts.nodePath)
  // The package for Windows holds Node alone; the license is the same on all systems.
  const license = node.file('LICENSE') ?? (await openNodePackage(TARGETS['linux-x64'], CACHE)).file('LICENSE')
  if (!binary || !license) throw new Error(`${facts.nodePackage}@${node.version} does not hold ${facts.nodePath}.`)
  const stable = [
    { name: facts.nodeName, content: binary, executable: true, key: `${key}-node` },
    { name: 'LICENSE-node', content: license, executable: false, key: `${key}-license` },
  ]
  const bytes = packArchive(facts.kind, { stable, own: await bundleClient(target) }, CACHE)
  const checksum = sha256Hex(bytes) as Checksum
  const file = `octopus-client-${OCTOPUS_VERSION}-${target}-${checksum.slice(0, 12)}.${facts.kind}`
  writeFileSync(join(out, file), bytes)
  writeFileSync(join(out, `${file}.sha256`), `${checksum}  ${file}\n`)
  return { archive: { target, file, checksum, sizeBytes: bytes.length }, node: node.version }
}

/** Archives of earlier builds are not kept: what the manifest does not name, nobody can ask for. */
function removeOthers(out: string, files: readonly string[]): void {
  for (const name of readdirSync(out)) {
    const plain = name.replace(/\.sha256$/, '')
    if (name.startsWith('octopus-client-') && !files.includes(plain)) rmSync(join(out, name))
  }
}

function wantedTargets(names: readonly string[]): readonly ClientTarget[] {
  const host = targetOf(process.platform, process.arch)
  return (names.length === 0 ? CLIENT_TARGETS : names).map((name) => {
    const target = name === 'host' ? host : CLIENT_TARGETS.find((known) => known === name)
    if (target !== undefined) return target
    const all = [...CLIENT_TARGETS, 'host'].join(', ')
    throw new Error(
      name === 'host'
        ? `The client is not packed for ${process.platform} ${process.arch}.`
        : `No target ${name}: ${all}.`,
    )
  })
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true }, out: { type: 'string' } } })
  const out = values.out === undefined ? OUT_DEFAULT : resolve(values.out)
  const targets = [...new Set(wantedTargets(values.target ?? []))]
  mkdirSync(out, { recursive: true })
  const built: Built[] = []
  const missing: string[] = []
  for (const target of targets) {
    try {
      const one = await buildTarget(target, out)
      built.push(one)
      console.log(`${one.archive.file}  ${(one.archive.sizeBytes / 1_048_576).toFixed(1)} MiB`)
    } catch (error) {
      missing.push(target)
      console.error(`${target} was not built: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const [first] = built
  if (first === undefined) return 1
  // Last, and only what is whole: a server that reads it meanwhile finds every archive that it names.
  const kept = keptArchives(out, targets)
  const archives = [...kept, ...built.map(({ archive }) => archive)].toSorted((a, b) => (a.target < b.target ? -1 : 1))
  const manifest = { version: OCTOPUS_VERSION, node: first.node, archives }
  writeFileSync(join(out, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  removeOthers(
    out,
    archives.map(({ file }) => file),
  )
  console.log(`Archives and manifest.json are in ${out}.`)
  return missing.length === 0 ? 0 : 1
}

/** Building one target leaves those of the same version that were built before. */
function keptArchives(out: string, rebuilt: readonly ClientTarget[]): readonly ClientArchive[] {
  try {
    const old = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      version: string
      archives: ClientArchive[]
    }
    if (old.version !== OCTOPUS_VERSION) return []
    return old.archives.filter(({ target }) => !rebuilt.includes(target))
  } catch {
    return []
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  return 1
})
