import { fileURLToPath } from 'node:url'

/** The repository's folder. Every path the tools print or read is relative to it. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))
