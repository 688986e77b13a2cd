import { BlockList, isIP } from 'node:net'

/** Addresses that no stranger's webhook may lead this server to: its own machine, its network, metadata of clouds. */
const PRIVATE = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(address, prefix, 'ipv4')
}
/** Of IPv6 only what is handed out to the world, without what wraps IPv4 addresses and without documentation. */
const WORLD = new BlockList()
WORLD.addSubnet('2000::', 3, 'ipv6')
const WRAPPED = new BlockList()
for (const [address, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const) {
  WRAPPED.addSubnet(address, prefix, 'ipv6')
}

/** Whether an address is one of the world's, so that a request to it cannot reach what only this server can. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !PRIVATE.check(address, 'ipv4')
  if (family !== 6 || address.includes('%')) return false
  return WORLD.check(address, 'ipv6') && !WRAPPED.check(address, 'ipv6')
}

/**
 * What is wrong with the address of a webhook, or undefined. `trusted` are hosts that an administrator of this machine
 * has named: they may be private, and may be reached without TLS.
 */
export function webhookProblem(text: string, trusted: ReadonlySet<string>): string | undefined {
  if (!URL.canParse(text)) return 'is no address: write https://host/path'
  const url = new URL(text)
  const isTrusted = trusted.has(hostOf(url))
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isTrusted)) {
    return 'must begin with https:// (plain http only for hosts in WEBHOOK_HOSTS)'
  }
  if (url.username !== '' || url.password !== '') return 'must not hold a name or a password: use the secret'
  if (isIP(hostOf(url)) !== 0 && !isTrusted && !isPublicAddress(hostOf(url))) {
    return 'leads into a private network; name the host in WEBHOOK_HOSTS if that is meant'
  }
  return undefined
}

/** As it is connected to: lower case, IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
}
