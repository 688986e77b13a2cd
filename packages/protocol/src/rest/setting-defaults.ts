import type { SettingValues } from './settings.ts'

/** What holds until somebody sets something else. */
export const SETTING_DEFAULTS: SettingValues = {
  retention: { executionsDays: 90, outputDays: 30, auditDays: 400 },
}
