import type { ClientBuilds } from '@octopus/protocol/client-build.ts'

/** An archive that is being read. */
export interface ArchiveStream {
  readonly stream: NodeJS.ReadableStream & { destroy(): void }
  readonly sizeBytes: number
}

/** Where packed clients lie. */
export interface BuildStore {
  /** What was built last; undefined when there is nothing, or nothing whole. */
  builds(): Promise<ClientBuilds | undefined>
  /** The bytes of an archive that `builds` names. Undefined when it has gone meanwhile. */
  open(file: string): Promise<ArchiveStream | undefined>
}
