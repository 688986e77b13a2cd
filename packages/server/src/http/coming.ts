import { refusal } from '@octopus/protocol/errors.ts'

import type { Handlers } from './route.ts'

type Coming =
  | 'listNotificationTargets'
  | 'createNotificationTarget'
  | 'getNotificationTarget'
  | 'changeNotificationTarget'
  | 'deleteNotificationTarget'
  | 'testNotificationTarget'
  | 'listNotificationMessages'
  | 'retryNotificationMessage'
  | 'changeTask'
  | 'pauseTask'
  | 'resumeTask'
  | 'previewSchedule'
  | 'listRunResults'
  | 'downloadRunCsv'
  | 'downloadRunJson'
  | 'getRunStats'
  | 'search'
  | 'listAudit'
  | 'getSettings'
  | 'changeSettings'
  | 'restorePlugin'
  | 'deleteTask'
  | 'restoreTask'
  | 'deleteClient'
  | 'restoreClient'
  | 'deleteUser'
  | 'restoreUser'

/** Declared, and refused until each is built. */
export function comingRoutes(): Handlers<Coming> {
  const later = async (): Promise<never> => {
    throw refusal('RESERVED_KEY', { key: 'this route', reason: 'it comes later.' })
  }
  return {
    listNotificationTargets: later,
    createNotificationTarget: later,
    getNotificationTarget: later,
    changeNotificationTarget: later,
    deleteNotificationTarget: later,
    testNotificationTarget: later,
    listNotificationMessages: later,
    retryNotificationMessage: later,
    changeTask: later,
    pauseTask: later,
    resumeTask: later,
    previewSchedule: later,
    listRunResults: later,
    downloadRunCsv: later,
    downloadRunJson: later,
    getRunStats: later,
    search: later,
    listAudit: later,
    getSettings: later,
    changeSettings: later,
    restorePlugin: later,
    deleteTask: later,
    restoreTask: later,
    deleteClient: later,
    restoreClient: later,
    deleteUser: later,
    restoreUser: later,
  }
}
