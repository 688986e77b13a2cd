/**
 * What lets a keeper end its tree although nobody says so: the hold was not renewed, or the attempt has had its time. Each
 * with the exit code that says so; the same words and codes as in `octopus_runner.py`.
 */
export const FUSE_EXITS = { hold: 75, limit: 77 } as const

export type Fuse = keyof typeof FUSE_EXITS

/** The fuse that a keeper's exit code names; undefined if it ended for another reason. */
export function fuseOf(code: number): Fuse | undefined {
  return (['hold', 'limit'] as const).find((fuse) => FUSE_EXITS[fuse] === code)
}
