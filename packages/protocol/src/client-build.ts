import { Type, type Static } from 'typebox'

import { ChecksumSchema } from './ids.ts'
import { OneOf, Strict } from './schema.ts'

/** Systems that the client is packed for, each with the Node that it runs on. */
export const CLIENT_TARGETS = ['linux-x64', 'linux-arm64', 'macos-x64', 'macos-arm64', 'win-x64'] as const
export type ClientTarget = (typeof CLIENT_TARGETS)[number]

/** Names of archives go into scripts and addresses as they are: nothing in them can mean something there. */
export const ARCHIVE_NAME = '^octopus-client-[0-9A-Za-z][0-9A-Za-z.-]{0,100}\\.(?:tar\\.gz|zip)$'

const ClientArchiveSchema = Strict({
  target: OneOf(CLIENT_TARGETS),
  /** Holds the beginning of the checksum: another content has another name, so it may be cached for ever. */
  file: Type.String({ pattern: ARCHIVE_NAME }),
  checksum: ChecksumSchema,
  sizeBytes: Type.Integer({ minimum: 1 }),
})
export type ClientArchive = Static<typeof ClientArchiveSchema>

/** `manifest.json` beside the archives: what was built last. */
export const ClientBuildsSchema = Strict({
  version: Type.String({ pattern: '^[0-9A-Za-z.-]{1,64}$' }),
  node: Type.String({ pattern: '^[0-9A-Za-z.-]{1,64}$' }),
  archives: Type.Array(ClientArchiveSchema, { maxItems: CLIENT_TARGETS.length }),
})
export type ClientBuilds = Static<typeof ClientBuildsSchema>
