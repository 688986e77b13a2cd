import type { Kysely } from 'kysely'

import type { PageRequest } from '#store/page.ts'

import { parseKey } from './page-rows.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>

/** Plugins with their current version, deleted ones included. */
export function selectPlugins(db: Db) {
  return db
    .selectFrom('plugin')
    .innerJoin('plugin_source as source', 'source.checksum', 'plugin.checksum')
    .select(['plugin.name', 'plugin.name_key', 'plugin.version', 'plugin.checksum', 'plugin.problem'])
    .select(['plugin.revision', 'plugin.updated_at', 'plugin.updated_by', 'plugin.deleted_at'])
    .select(['source.language', 'source.size_bytes', 'source.actions', 'source.doc'])
}

/** By name, ignoring case. */
export function pageOfPlugins(db: Db, request: PageRequest, deleted: boolean) {
  const key = parseKey(request, 1)
  const plugins = selectPlugins(db)
    .where('plugin.deleted_at', deleted ? 'is not' : 'is', null)
    .orderBy('plugin.name_key')
    .limit(request.limit + 1)
  return key ? plugins.where('plugin.name_key', '>', String(key[0])) : plugins
}

export function countPlugins(db: Db, deleted = false) {
  return db
    .selectFrom('plugin')
    .where('deleted_at', deleted ? 'is not' : 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('count'))
}

/** Newest first. */
export function pageOfVersions(db: Db, name: string, request: PageRequest) {
  const key = parseKey(request, 1)
  const versions = selectVersions(db, name)
    .orderBy('plugin_version.version', 'desc')
    .limit(request.limit + 1)
  return key ? versions.where('plugin_version.version', '<', Number(key[0])) : versions
}

/** Versions of a plugin that is not deleted. */
export function selectVersions(db: Db, name: string) {
  return versionsOf(db, name)
    .innerJoin('plugin_source as source', 'source.checksum', 'plugin_version.checksum')
    .select(['plugin_version.version', 'plugin_version.checksum', 'source.size_bytes', 'source.language'])
    .select(['plugin_version.created_at', 'plugin_version.created_by', 'plugin_version.based_on'])
    .select('plugin.version as current_version')
}

export function countVersions(db: Db, name: string) {
  return versionsOf(db, name).select(({ fn }) => fn.countAll<number>().as('count'))
}

function versionsOf(db: Db, name: string) {
  return db
    .selectFrom('plugin_version')
    .innerJoin('plugin', 'plugin.name', 'plugin_version.plugin')
    .where('plugin.name_key', '=', name.toLowerCase())
    .where('plugin.deleted_at', 'is', null)
}
