import type { ManifestEntry } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, RunId } from '@octopus/protocol/ids.ts'

import type { Manifest, PluginStore } from '#plugins/plugin-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { readTotals } from './totals.ts'
import { nameKey } from './user-rows.ts'

/** Clients that lack a version which are named at most; their number is in `of - have`. */
const MISSING_NAMED_MAX = 200
/** Versions of one plugin that are told of at most, newest first: older ones are needed by very old work only. */
const VERSIONS_NAMED_MAX = 20

/**
 * What must be listed: the current versions, and those of runs that have not ended. A checksum that two plugins share
 * is listed once. The checksums of open runs are found by leaps through their index, not by a walk through all runs.
 */
const NEEDED = `
  with recursive
    open (checksum) as (
      select min(checksum) from run where status = 'active' and try_client is null
      union all
      select (select min(r.checksum) from run r where r.status = 'active' and r.try_client is null and r.checksum > open.checksum)
        from open where open.checksum is not null
    ),
    needed (checksum) as (
      select checksum from plugin where deleted_at is null
      union
      select checksum from open where checksum is not null
    )`

export const manifestVerbs: VerbsOf<Pick<PluginStore, 'settleManifest' | 'readCoverage' | 'readSpread'>> = {
  settleManifest: (tx) => {
    const revision = readRevision(tx)
    const removed = tx.run(`${NEEDED} delete from manifest where checksum not in (select checksum from needed)`)
    const added = tx.run(
      `${NEEDED}
      insert into manifest (checksum, plugin, since)
        select checksum,
            coalesce((select min(p.name) from plugin p where p.checksum = needed.checksum and p.deleted_at is null),
              (select min(v.plugin) from plugin_version v where v.checksum = needed.checksum)),
            ?
          from needed where checksum not in (select checksum from manifest)`,
      revision + 1,
    )
    const changed = removed + added > 0
    if (changed) writeRevision(tx, revision + 1)
    const entries = tx.all<ManifestEntry>(
      `select m.plugin as name, m.checksum, s.language, s.size_bytes as sizeBytes
        from manifest m join plugin_source s on s.checksum = m.checksum order by m.plugin, m.checksum`,
    )
    return {
      revision: changed ? revision + 1 : revision,
      entries: entries.map((entry) => ({ ...entry })),
      tries: tries(tx),
    }
  },

  readCoverage: (tx, { checksum }) => {
    const since = tx.get<{ since: number }>('select since from manifest where checksum = ?', checksum)?.since
    const counts = tx.get<{ have: number; total: number }>(
      `select count(*) as total, coalesce(sum(${HAS}), 0) as have from client c where ${COUNTED}`,
      since ?? null,
      checksum,
    )
    const missing = tx.all<{ client: ClientId; name: string; reason: string | null }>(
      `select c.id as client, c.name, (${REASON}) as reason from client c where ${COUNTED} and not ${HAS}
        order by c.name, c.id limit ?`,
      checksum,
      since ?? null,
      checksum,
      MISSING_NAMED_MAX,
    )
    return {
      have: counts?.have ?? 0,
      of: counts?.total ?? 0,
      missing: missing.map(({ client, name, reason }) => ({ client, name, reason: reason ?? 'not-synced-yet' })),
    }
  },

  readSpread: (tx, { name }) => {
    const listed = tx.all<{ checksum: Checksum; since: number; version: number; current: number; open_runs: number }>(
      `select m.checksum, m.since, max(v.version) as version, m.checksum = p.checksum as current,
          (select count(*) from run r where r.status = 'active' and r.checksum = m.checksum and r.plugin = p.name
            and r.try_client is null) as open_runs
        from plugin p join plugin_version v on v.plugin = p.name join manifest m on m.checksum = v.checksum
        where p.name_key = ? and p.deleted_at is null group by m.checksum order by version desc limit ?`,
      nameKey(name),
      VERSIONS_NAMED_MAX,
    )
    const versions = listed.map(({ checksum, since, version, current, open_runs: openRuns }) => {
      const sql = `select count(*) as have from client c where ${COUNTED} and ${HAS}`
      const have = tx.get<{ have: number }>(sql, since, checksum)?.have ?? 0
      return { version, checksum, current: current === 1, have, openRuns }
    })
    const online = tx.get<{ n: number }>(`select count(*) as n from client c where ${COUNTED}`)?.n ?? 0
    return { offline: Math.max(0, (readTotals(tx, 'client').get('approved') ?? 0) - online), versions }
  },
}

/** What is being tried out, and where. Few at any time: somebody sits before each. */
function tries(tx: Tx): Manifest['tries'] {
  return tx
    .all<ManifestEntry & { readonly run: RunId; readonly client: ClientId }>(
      `select r.id as run, r.try_client as client, r.plugin as name, r.checksum, s.language, s.size_bytes as sizeBytes
        from run r join plugin_source s on s.checksum = r.checksum
        where r.try_client is not null and r.status = 'active' order by r.id`,
    )
    .map(({ run, client, ...entry }) => ({ run, client, entry }))
}

const COUNTED = `c.status = 'approved' and c.session_id is not null`

/** Why the client lacks a version, as it said last. Parameter: the checksum. */
const REASON = `select json_extract(m.value, '$.reason') from json_each(c.missing) m
  where json_extract(m.value, '$.checksum') = ?`

/** 1 if the client has a version, as it said last. Parameters: the revision that first listed it, the checksum. */
const HAS = `(coalesce(c.manifest_revision >= ?, 0) and (c.missing = '[]' or not exists (${REASON})))`

/** The number of the list that clients must have; it rises with every change of it. */
export function readRevision(tx: Tx): number {
  return Number(tx.get<{ value: string }>(`select value from meta where key = 'manifestRevision'`)?.value ?? 0)
}

export function writeRevision(tx: Tx, revision: number): void {
  tx.run(
    `insert into meta (key, value) values ('manifestRevision', ?) on conflict (key) do update set value = excluded.value`,
    String(revision),
  )
}
