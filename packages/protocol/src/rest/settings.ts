import { Type, type Static } from 'typebox'

import { Nullable, Strict } from '#schema.ts'

import { NullableInstant } from './common.ts'

/** Ten years: longer than any log is kept by law in most places; the disk ends earlier. */
export const RETENTION_DAYS_MAX = 3_660

const days = Type.Integer({ minimum: 1, maximum: RETENTION_DAYS_MAX })

/** How long history is kept, in days since it ended. */
export const RetentionSchema = Strict({ executionsDays: days, outputDays: days, auditDays: days })
export type Retention = Static<typeof RetentionSchema>

/**
 * What can be set while the server runs: one group per subject, stored as JSON under its name. A new group needs its
 * line here and in `setting-defaults.ts`; store, routes and audit take it from these.
 */
export const SETTING_GROUPS = { retention: RetentionSchema } as const
export type SettingGroup = keyof typeof SETTING_GROUPS
export type SettingValues = { readonly [K in SettingGroup]: Static<(typeof SETTING_GROUPS)[K]> }

export const SettingsSchema = Strict({
  ...SETTING_GROUPS,
  /** Rises with every change; `PATCH` needs it as `If-Match`. */
  revision: Type.Integer(),
  changedAt: NullableInstant,
  changedBy: Nullable(Type.String()),
  /** What is fixed in this version, to be looked up. */
  limits: Type.Array(Strict({ name: Type.String(), value: Type.Integer(), unit: Type.String() })),
})
export type Settings = Static<typeof SettingsSchema>

/** `PATCH /settings`: what is not given stays as it is. */
export const ChangeSettingsSchema = Strict({
  retention: Type.Optional(
    Strict({
      executionsDays: Type.Optional(days),
      outputDays: Type.Optional(days),
      auditDays: Type.Optional(days),
    }),
  ),
})
export type ChangeSettings = Static<typeof ChangeSettingsSchema>
