import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { BrakeReason } from '@octopus/protocol/work.ts'

import type { Actor } from '#store/page.ts'

/** Fewer clients than this are never an accident of the network: some PCs are shut down at any time. */
export const VANISHED_MIN = 5
/** Beyond this share of the clients it is rather the network, or the server, than the PCs. */
export const VANISHED_SHARE = 0.3
/** When so many of them are back, those that are still away may be away for reasons of their own. */
export const BACK_SHARE = 0.9
/** They are, when meanwhile nobody else has come for so long. Until then the last of a thousand are still on their way. */
export const COMING_MS: Ms = 30_000
/** Longer nobody waits after so many have vanished: what is really lost must become so some time. */
export const BRAKE_MS_MAX: Ms = 900_000

/** Pure: whether so many clients have vanished within a hold that nothing shall be concluded from it. */
export function tooManyVanished(counts: { readonly vanished: number; readonly online: number }): boolean {
  const { vanished, online } = counts
  return vanished >= VANISHED_MIN && vanished > VANISHED_SHARE * (vanished + online)
}

/** The server has come back from being away itself; whom it does not hear has perhaps never left. */
export function awayTooLong(awayMs: Ms, presenceMs: Ms): boolean {
  return awayMs > presenceMs
}

/** Why the brake ends. */
export type BrakeEnd = 'clients-back' | 'time-over' | 'released'

/** Pure: why the brake ends now; undefined while it holds. */
export function brakeEnds(state: {
  /** Since it went on, or since so many vanished again. */
  readonly onForMs: Ms
  readonly gone: number
  readonly back: number
  /** Since one more of them was back. */
  readonly nobodyCameForMs: Ms
  /** Of those who had work when the server stood still; none if it did not. */
  readonly atWork: number
  readonly backAtWork: number
}): BrakeEnd | undefined {
  const { gone, back, nobodyCameForMs, atWork, backAtWork } = state
  const mostAre = back >= BACK_SHARE * gone && backAtWork >= BACK_SHARE * atWork
  if (back === gone || (mostAre && nobodyCameForMs >= COMING_MS)) return 'clients-back'
  return state.onForMs >= BRAKE_MS_MAX ? 'time-over' : undefined
}

/** The brake as people see it. */
export interface BrakeState {
  readonly on: boolean
  readonly reason: BrakeReason | null
  readonly since: EpochMs | null
  /** At the latest it ends then. */
  readonly endsAt: EpochMs | null
  /** Clients that it waits for, and how many of them are back. */
  readonly gone: number
  readonly back: number
}

/** The brake as the edges know it. */
export interface BrakeLever {
  state(): BrakeState
  isOn(): boolean
  /** A person lets go of it. False: it was not on. */
  release(actor: Actor): Promise<boolean>
}
