import { chmod } from 'node:fs/promises'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import { createSystemClock } from '@octopus/kit/clock.ts'
import { createNodeFiles } from '@octopus/kit/node-files.ts'
import { openJsonLog } from '@octopus/kit/node-log.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'
import { createSystemRandom } from '@octopus/kit/random.ts'

import type { Identity } from '#connection/hello.ts'
import { fetchPluginBy, postJson } from '#host/http.ts'
import { pcFacts } from '#host/pc-facts.ts'
import { connectBySocket } from '#host/socket-link.ts'
import { lockStateFolder } from '#host/state-lock.ts'
import { enroll } from '#identity/enroll.ts'
import { ownKeyPair, readIdentity } from '#identity/identity-file.ts'
import { createRunnerPool } from '#runner/pool.ts'
import { createProcessTable, killLeftOvers } from '#runner/tree.ts'

import { createClient } from './client.ts'
import type { ClientConfig } from './config.ts'

export interface ComposeInput {
  readonly config: ClientConfig
  /** The token's text, already read from its file. */
  readonly token: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  print(line: string): void
}

/** Builds the real client from its parts, in order, and runs it until the signal. */
export async function composeAndRun(input: ComposeInput, signal: AbortSignal): Promise<'stopped' | 'revoked'> {
  const { config, env, platform } = input
  const { settings, dataFolder } = config
  const clock = createSystemClock()
  const random = createSystemRandom()
  const files = createNodeFiles()
  makeOwnFolder(dataFolder, 'DATA_FOLDER')
  makeOwnFolder(config.pluginsFolder, 'PLUGINS_FOLDER')
  // Somebody may have made it before us, for everybody to read.
  if (platform !== 'win32') await chmod(dataFolder, 0o700)
  using _lock = lockStateFolder(dataFolder)
  using log = openJsonLog({ clock, folder: `${dataFolder}/logs`, name: 'client.log', print: input.print })

  const keys = await ownKeyPair(files, dataFolder)
  const facts = pcFacts(clock, dataFolder)
  const { hostName, os, arch, account } = facts
  const reported = {
    hostName,
    os,
    arch,
    account,
    wishedUser: settings.CLIENT_USER,
    labels: [...settings.CLIENT_LABELS],
  }
  const stored =
    (await readIdentity(files, dataFolder)) ??
    (await enroll(
      {
        files,
        folder: dataFolder,
        clock,
        random,
        log,
        keys,
        reported,
        post: postJson(clock),
        name: settings.CLIENT_NAME ?? hostName,
        token: input.token,
        serverUrl: settings.SERVER_URL ?? undefined,
      },
      signal,
    ))
  const identity: Identity = { clientId: stored.clientId, serverId: stored.serverId, sign: keys.sign }
  const serverUrl = settings.SERVER_URL ?? stored.serverUrl
  log.info('client-starts', { clientId: stored.clientId, server: serverUrl, dataFolder })

  const clientMark = sha256Hex(dataFolder).slice(0, 32)
  const client = createClient({
    files,
    clock,
    random,
    log,
    identity,
    facts,
    connect: connectBySocket(serverUrl),
    fetchPlugin: fetchPluginBy(serverUrl, clock),
    killLeftOvers: async () =>
      void (await killLeftOvers({ clock, log, processes: createProcessTable(platform) }, clientMark)),
    runnerPool: createRunnerPool({
      clock,
      random,
      log,
      clientMark,
      platform,
      environment: env,
      workFolder: `${dataFolder}/work`,
      slots: settings.SLOTS,
      cacheTtlMs: settings.CACHE_TTL * 1_000,
      python: settings.PYTHON ?? undefined,
    }),
    settings: {
      stateFolder: dataFolder,
      pluginsFolder: config.pluginsFolder,
      slots: settings.SLOTS,
      heartbeatMs: settings.HEARTBEAT_INTERVAL * 1_000,
      wishedUser: settings.CLIENT_USER,
      labels: settings.CLIENT_LABELS,
    },
  })
  return await client.run(signal)
}
