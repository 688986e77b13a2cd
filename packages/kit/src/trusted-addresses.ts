import { BlockList, isIP } from 'node:net'

/** What is wrong with an address or a range like `10.0.0.0/8`, or undefined. */
export function addressRangeProblem(text: string): string | undefined {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  const isRange = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)
  return bits > 0 && isRange && more.length === 0 ? undefined : 'must be an IP address, or a range like 10.0.0.0/8'
}

/** Says whether an address is one of these. IPv4 addresses that a socket shows as IPv6 count as what they are. */
export function trustedAddresses(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (text) => {
    const address = text.replace(/^::ffff:(?=\d+\.)/i, '')
    const family = isIP(address)
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/**
 * Who really asks: the last address in `X-Forwarded-For` that is no trusted proxy, read from the end, since everything
 * before it may be made up. Only a trusted proxy is believed.
 */
export function forwardedAddress(
  remote: string,
  header: string | readonly string[] | undefined,
  isTrusted: (address: string) => boolean,
): string {
  const named = typeof header === 'string' ? header : (header ?? []).join(',')
  const hops = named.split(',').map((hop) => hop.trim())
  let address = remote
  for (let n = hops.length - 1; n >= 0 && isTrusted(address); n--) {
    const hop = hops[n] ?? ''
    if (isIP(hop) === 0) break
    address = hop
  }
  return address
}
