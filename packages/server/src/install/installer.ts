import type { ClientArchive } from '@octopus/protocol/client-build.ts'

import type { ArchiveStream, BuildStore } from './builds.ts'
import { installLines, type InstallLines, installScript, missingScript, type ScriptName } from './install-script.ts'

/** What a PC is given on its way to becoming a client. */
export interface Installer {
  script(name: ScriptName, origin: string): Promise<string>
  /** An archive by its name; undefined when the manifest names no such file. No path is made of what was asked for. */
  archive(
    file: string,
  ): Promise<{ readonly facts: ClientArchive; open(): Promise<ArchiveStream | undefined> } | undefined>
  /** What to copy onto a PC, with a new token; null when nothing was built. */
  lines(origin: string, token: string): Promise<InstallLines | null>
}

export interface InstallerNeeds {
  readonly store: BuildStore
  /** The texts of the scripts, with their blanks. */
  readonly templates: Readonly<Record<ScriptName, string>>
}

export function createInstaller({ store, templates }: InstallerNeeds): Installer {
  return {
    script: async (name, origin) => {
      const builds = await store.builds()
      return builds === undefined ? missingScript(name) : installScript(templates[name], origin, builds)
    },
    archive: async (file) => {
      const facts = (await store.builds())?.archives.find((archive) => archive.file === file)
      return facts === undefined ? undefined : { facts, open: () => store.open(facts.file) }
    },
    lines: async (origin, token) => installLines(origin, token, await store.builds()),
  }
}
