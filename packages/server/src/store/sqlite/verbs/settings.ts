import { SETTING_DEFAULTS } from '@octopus/protocol/rest/setting-defaults.ts'
import type { SettingGroup, SettingValues } from '@octopus/protocol/rest/settings.ts'

import type { SettingsRecord, SettingsStore } from '#settings/settings-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

const REVISION = 'settings-revision'

export const settingsVerbs: VerbsOf<SettingsStore> = {
  readSettings: (tx) => readSettings(tx),

  changeSettings: (tx, { now, actor, ifRevision, changes }) => {
    const { values, revision } = readSettings(tx)
    if (revision !== ifRevision) return { outcome: 'stale', revision }
    for (const [name, change] of Object.entries(changes)) {
      const value = JSON.stringify({ ...values[name as SettingGroup], ...change })
      tx.run(
        `insert into setting (name, value, changed_at, changed_by) values (?, ?, ?, ?)
          on conflict (name) do update set value = excluded.value, changed_at = excluded.changed_at,
            changed_by = excluded.changed_by`,
        name,
        value,
        now,
        actor.name,
      )
      const before = values[name as SettingGroup]
      writeAudit(tx, { now, actor, action: 'settings.changed', subject: name, details: { before, change } })
    }
    tx.run(
      'insert into counter (name, value) values (?, 2) on conflict (name) do update set value = value + 1',
      REVISION,
    )
    return { outcome: 'changed' }
  },
}

function readSettings(tx: Tx): SettingsRecord {
  const rows = tx.all<{ name: string; value: string; changed_at: number; changed_by: string }>(
    'select name, value, changed_at, changed_by from setting order by changed_at',
  )
  const stored = new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as object]))
  // A member that came with a later version has its default until somebody sets it.
  const values = Object.entries(SETTING_DEFAULTS).map(([name, value]) => [name, { ...value, ...stored.get(name) }])
  const last = rows.at(-1)
  return {
    values: Object.fromEntries(values) as SettingValues,
    revision: tx.get<{ value: number }>('select value from counter where name = ?', REVISION)?.value ?? 1,
    changedAt: last?.changed_at ?? null,
    changedBy: last?.changed_by ?? null,
  }
}
