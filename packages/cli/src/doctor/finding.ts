/** What a look at one thing has found. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  /** With the values that were seen. */
  readonly says: string
  /** What to do; only where something is to be done. */
  readonly remedy?: string
}

export const ok = (name: string, says: string): Finding => ({ name, state: 'ok', says })
export const warn = (name: string, says: string, remedy: string): Finding => ({ name, state: 'warn', says, remedy })
export const fail = (name: string, says: string, remedy: string): Finding => ({ name, state: 'fail', says, remedy })
