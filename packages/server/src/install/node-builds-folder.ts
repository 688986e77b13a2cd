import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ClientBuildsSchema } from '@octopus/protocol/client-build.ts'
import { parser } from '@octopus/protocol/schema.ts'

import type { BuildStore } from './builds.ts'

const parse = parser(ClientBuildsSchema)

/** Reads folders that `npm run build:client` writes; the first one that has a manifest counts. */
export function createBuildStore(folders: readonly string[], onError: (error: unknown) => void): BuildStore {
  const found = async (): Promise<{ folder: string; text: string } | undefined> => {
    for (const folder of folders) {
      const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined)
      if (text !== undefined) return { folder, text }
    }
    return undefined
  }
  return {
    builds: async () => {
      const manifest = await found()
      if (manifest === undefined) return undefined
      const parsed = parse(jsonOf(manifest.text))
      if (parsed.ok) return parsed.value
      onError(new Error(`${manifest.folder}/manifest.json is damaged. Build the clients again: npm run build:client.`))
      return undefined
    },
    open: async (file) => {
      const manifest = await found()
      if (manifest === undefined) return undefined
      const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)
      const handle = await open(join(manifest.folder, file), flags).catch(() => undefined)
      if (handle === undefined) return undefined
      const { size } = await handle.stat()
      return { stream: handle.createReadStream(), sizeBytes: size }
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
