import type { Ms } from '@octopus/kit/clock.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import type { PluginState } from '#plugins/manifest.ts'
import type { StopReason } from '#runner/runner.ts'

import type { Wish } from './attempt.ts'

/** A version that the manifest does not list is waited for this long: the list may be one message behind the work. */
export const UNLISTED_MS_MAX: Ms = 30_000

/** Everything the decision about an attempt that has not started depends on. */
export interface View {
  readonly phase: 'held' | 'starting'
  readonly wish: Wish | undefined
  /** Since its arrival, by the larger of both clocks. */
  readonly waitedMs: Ms
  readonly startWithinMs: Ms
  /** An older attempt of the same execution is not gone yet. */
  readonly olderLives: boolean
  readonly plugin: PluginState
  readonly hasSlot: boolean
  readonly slotFree: boolean
  /** The plugin's bytes are read and verified. */
  readonly loaded: boolean
  /** The attempt belongs to the current session, which is reconciled and within presence. */
  readonly permitted: boolean
}

export type Step =
  | { readonly do: 'wait'; readonly atMost: Ms }
  | { readonly do: 'take-slot' | 'load' | 'journal' | 'start' | 'drop' }
  | { readonly do: 'end'; readonly reason: StopReason }
  | { readonly do: 'reject'; readonly reason: Rejection; readonly detail: string }

/**
 * Pure: what is next for an attempt that has not started. The order is the promise: the bytes are there and verified,
 * then the journal says `starting`, then the lease is looked at, and then, without any pause, it starts.
 */
export function nextStep(view: View): Step {
  const { wish } = view
  if (wish?.kind === 'drop') return { do: 'drop' }
  if (wish?.kind === 'end') return { do: 'end', reason: wish.reason }
  if (wish?.kind === 'reject') return { do: 'reject', reason: wish.reason, detail: wish.detail }
  const left = view.startWithinMs - view.waitedMs
  if (left <= 0) return { do: 'reject', reason: 'too-late', detail: `waited ${view.waitedMs} ms for its start` }
  if (view.phase === 'starting') return view.permitted ? { do: 'start' } : { do: 'wait', atMost: left }
  if (view.plugin === 'unverified')
    return { do: 'reject', reason: 'plugin-unverified', detail: 'wrong bytes from the server' }
  if (view.plugin === 'failing')
    return { do: 'reject', reason: 'plugin-missing', detail: 'this PC cannot fetch the plugin' }
  if (view.plugin === 'unlisted') {
    const patience = UNLISTED_MS_MAX - view.waitedMs
    if (patience > 0) return { do: 'wait', atMost: Math.min(left, patience) }
    return { do: 'reject', reason: 'plugin-unverified', detail: 'the manifest does not list this version' }
  }
  if (view.plugin === 'fetching' || view.olderLives || !view.permitted) return { do: 'wait', atMost: left }
  if (!view.hasSlot) return view.slotFree ? { do: 'take-slot' } : { do: 'wait', atMost: left }
  return view.loaded ? { do: 'journal' } : { do: 'load' }
}
