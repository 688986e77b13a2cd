import { type Clock, createSystemClock } from '@octopus/kit/clock.ts'
import type { Files } from '@octopus/kit/files.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createNodeFiles } from '@octopus/kit/node-files.ts'
import { openJsonLog } from '@octopus/kit/node-log.ts'
import { makeOwnFolder } from '@octopus/kit/own-folder.ts'
import { createSystemRandom, type Random } from '@octopus/kit/random.ts'

import type { Identity } from '#connection/hello.ts'
import { fetchPluginBy, postJson } from '#host/http.ts'
import { pcFacts } from '#host/pc-facts.ts'
import { connectBySocket } from '#host/socket-link.ts'
import { markOfStateFolder, openStateFolder } from '#host/state-folder.ts'
import { lockStateFolder } from '#host/state-lock.ts'
import { enroll } from '#identity/enroll.ts'
import { ownKeyPair, readIdentity, type StoredIdentity } from '#identity/identity-file.ts'
import type { KeyPair } from '#identity/key-pair.ts'
import { createRunnerPool } from '#runner/pool.ts'
import { createProcessTable, killLeftOvers } from '#runner/tree.ts'
import { emptyWorkFolder } from '#runner/work-folder.ts'

import { createClient, type PcFacts } from './client.ts'
import type { ClientConfig } from './config.ts'

export interface ComposeInput {
  readonly config: ClientConfig
  /** The token's text, already read from its file. */
  readonly token: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  print(line: string): void
}

/** What a client has before it knows its server: its folder for itself alone, its log, its key. */
interface Ground extends Disposable {
  readonly clock: Clock
  readonly random: Random
  readonly files: Files
  readonly log: Log
  readonly keys: KeyPair
  readonly facts: PcFacts
}

async function openGround({ config, print }: ComposeInput): Promise<Ground> {
  const { dataFolder } = config
  const clock = createSystemClock()
  const files = createNodeFiles()
  openStateFolder(dataFolder, [config.settingsFile, config.settings.TOKEN_FILE])
  makeOwnFolder(config.pluginsFolder, 'PLUGINS_FOLDER')
  using opened = new DisposableStack()
  opened.use(lockStateFolder(dataFolder))
  const log = opened.use(openJsonLog({ clock, folder: `${dataFolder}/logs`, name: 'client.log', print }))
  const keys = await ownKeyPair(files, dataFolder)
  const held = opened.move()
  return {
    clock,
    random: createSystemRandom(),
    files,
    log,
    keys,
    facts: pcFacts(clock, dataFolder),
    [Symbol.dispose]: () => held.dispose(),
  }
}

/** The stored identity; at the first start the server makes it, for the token. */
async function identityOf(ground: Ground, input: ComposeInput, signal: AbortSignal): Promise<StoredIdentity> {
  const { config, token } = input
  const { settings, dataFolder } = config
  const { hostName, os, arch, account } = ground.facts
  const wishedUser = settings.CLIENT_USER
  const stored = await readIdentity(ground.files, dataFolder)
  if (stored !== undefined) return stored
  const needs = {
    ...ground,
    folder: dataFolder,
    reported: { hostName, os, arch, account, wishedUser, labels: [...settings.CLIENT_LABELS] },
    post: postJson(ground.clock),
    name: settings.CLIENT_NAME ?? hostName,
    token,
    serverUrl: settings.SERVER_URL ?? undefined,
  }
  return enroll(needs, signal)
}

/** Enrols and does no more: an installation wants to know at once whether the token is good. */
export async function composeAndEnroll(input: ComposeInput, signal: AbortSignal): Promise<StoredIdentity> {
  using ground = await openGround(input)
  return await identityOf(ground, input, signal)
}

/** Builds the real client from its parts, in order, and runs it until the signal. */
export async function composeAndRun(input: ComposeInput, signal: AbortSignal): Promise<'stopped' | 'revoked'> {
  const { config, env, platform } = input
  const { settings, dataFolder } = config
  using ground = await openGround(input)
  const { clock, random, files, log, keys, facts } = ground
  const stored = await identityOf(ground, input, signal)
  const identity: Identity = { clientId: stored.clientId, serverId: stored.serverId, sign: keys.sign }
  const serverUrl = settings.SERVER_URL ?? stored.serverUrl
  log.info('client-starts', { clientId: stored.clientId, server: serverUrl, dataFolder })

  const clientMark = markOfStateFolder(dataFolder)
  const workFolder = `${dataFolder}/.octopus-work`
  const client = createClient({
    files,
    clock,
    random,
    log,
    identity,
    facts,
    connect: connectBySocket(serverUrl),
    fetchPlugin: fetchPluginBy(serverUrl, clock),
    killLeftOvers: async () => {
      await killLeftOvers({ clock, log, processes: createProcessTable(platform) }, clientMark)
      await emptyWorkFolder(log, workFolder)
    },
    runnerPool: createRunnerPool({
      clock,
      random,
      log,
      clientMark,
      platform,
      environment: env,
      workFolder,
      slots: settings.SLOTS,
      cacheTtlMs: settings.CACHE_TTL * 1_000,
      programs: {
        python: settings.PYTHON ?? undefined,
        shell: settings.SHELL ?? undefined,
        powershell: settings.POWERSHELL ?? undefined,
      },
      node: { execPath: process.execPath, version: process.versions.node },
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
