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
  }
}
