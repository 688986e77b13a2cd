import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import { fail, type Finding, ok, warn } from './finding.ts'

/** Octopus is written for this Node and newer. */
const NODE_MAJOR_MIN = 26
/** Clocks that agree so far need no word. */
const SKEW_MS_OK: Ms = 5_000
/** Below it a client takes no more work for long, and logs fill the rest. */
const DISK_BYTES_FAIL = 100 * 1_048_576
const DISK_BYTES_WARN = 1_024 * 1_048_576
/** So long before its end a certificate should be renewed. */
const CERTIFICATE_DAYS_WARN = 14
const DAY_MS: Ms = 86_400_000

export function judgeNode(version: string, execPath: string): Finding {
  const major = Number(version.split('.')[0])
  const says = `Node ${version} (${execPath})`
  if (major >= NODE_MAJOR_MIN) return ok('runtime', says)
  return fail(
    'runtime',
    says,
    `Octopus needs Node ${NODE_MAJOR_MIN} or newer: install the client anew, it brings its own.`,
  )
}

/** How far this machine's clock is from the server's; positive: it is ahead. */
export function judgeSkew(skewMs: Ms): Finding {
  const seconds = Math.abs(skewMs / 1_000).toFixed(1)
  if (Math.abs(skewMs) <= SKEW_MS_OK) return ok('clock', `within ${seconds} s of the server's`)
  const says = `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`
  return warn(
    'clock',
    says,
    'Let the system set its clock by the network (NTP). Schedules go by the server; times in logs differ.',
  )
}

export function judgeDisk(name: string, freeBytes: number, folder: string): Finding {
  const says = `${(freeBytes / 1_048_576).toFixed(0)} MB free where ${folder} lies`
  const remedy = 'Make room on this disk, or set DATA_FOLDER to another one.'
  if (freeBytes < DISK_BYTES_FAIL) return fail(name, says, remedy)
  return freeBytes < DISK_BYTES_WARN ? warn(name, says, remedy) : ok(name, says)
}

/** What only one account should read. `mode` is undefined on Windows, where rights are kept otherwise. */
export function judgeRights(name: string, path: string, mode: number | undefined): Finding {
  if (mode === undefined) return ok(name, path)
  const says = `${path} has the rights ${(mode & 0o777).toString(8)}`
  if ((mode & 0o077) === 0) return ok(name, says)
  return warn(name, `${says}: others on this machine may read it`, `chmod go-rwx ${path}`)
}

export function judgeCertificate(validTo: EpochMs, now: EpochMs, subject: string): Finding {
  const days = Math.floor((validTo - now) / DAY_MS)
  const says = `certificate of ${subject}, good for ${days} days`
  return days >= CERTIFICATE_DAYS_WARN ? ok('TLS', says) : warn('TLS', says, 'Renew the certificate of the server.')
}

export function judgeVersion(theirs: string, ours: string): Finding {
  if (theirs === ours) return ok('server', `answers, version ${theirs}`)
  return warn('server', `answers, version ${theirs}; this is ${ours}`, 'Update the older of the two, the server first.')
}

/** What an error of the network means for the one who sees it. */
export function remedyOf(code: string | undefined, host: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Check the address for a slip, and the DNS server of this machine: nslookup ${host}`
    case 'ECONNREFUSED':
      return 'Nothing listens there: start the server, or correct host and port.'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'A firewall or the network is in the way: let this machine out to that host and port, or set HTTPS_PROXY.'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'The certificate comes from an authority that Node does not know: set NODE_EXTRA_CA_CERTS to its file, or NODE_USE_SYSTEM_CA=1.'
    case 'CERT_HAS_EXPIRED':
      return 'Renew the certificate of the server, or correct the clock of this machine.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'The certificate is for another name: use that name in the address, or give the server a fitting one.'
    default:
      return 'Correct the address of the server, or ask whoever runs the network.'
  }
}

/** Lines of a log that told of trouble, the newest last. */
export function troubleIn(text: string, since: EpochMs, countMax: number): readonly string[] {
  const found = text.split('\n').flatMap((line) => {
    try {
      const { at, level, event, ...rest } = JSON.parse(line) as Record<string, unknown>
      const recent = typeof at === 'string' && Date.parse(at) >= since
      return recent && (level === 'error' || level === 'warn') ? [`${at} ${String(event)} ${JSON.stringify(rest)}`] : []
    } catch {
      // The first line may be cut, and the last one is being written.
      return []
    }
  })
  return found.slice(-countMax)
}
