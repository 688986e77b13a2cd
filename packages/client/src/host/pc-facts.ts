import { readFileSync } from 'node:fs'
import { arch, hostname, loadavg, release, type, uptime, userInfo } from 'node:os'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { readDiskSpace } from '@octopus/kit/disk-space.ts'

import type { PcFacts } from '#client.ts'

/** Two looks at one boot differ by the steps of the wall clock; boots are rarely closer than this. */
const BOOT_ROUNDING_MS: Ms = 600_000

export function pcFacts(clock: Pick<Clock, 'wall'>, dataFolder: string): PcFacts {
  return {
    hostName: hostname().slice(0, 255),
    os: `${type()} ${release()}`.slice(0, 255),
    arch: arch().slice(0, 32),
    account: accountName().slice(0, 255),
    bootId: bootId(clock),
    load: () => loadavg()[0] ?? 0,
    freeDiskBytes: async () => (await readDiskSpace(dataFolder)).freeBytes,
  }
}

/** A service account of a container may have no name. */
function accountName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? '')
  }
}

/** Linux names its boots; elsewhere the moment of the boot does, which is only told to people. */
function bootId(clock: Pick<Clock, 'wall'>): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `boot-${Math.round((clock.wall() - uptime() * 1_000) / BOOT_ROUNDING_MS)}`
  }
}
