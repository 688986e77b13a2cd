import { THIS_MACHINE } from '@octopus/client/host/proxies.ts'

/** The proxy that a connection to this address takes, by the variables that all programs share; undefined: none. */
export function proxyFor(address: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name.toUpperCase()] || undefined
  const proxy = read(address.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (proxy === undefined || THIS_MACHINE.includes(address.hostname.replace(/^\[|\]$/g, ''))) return undefined
  const exempt = (read('NO_PROXY') ?? '').split(/[\s,]+/).filter((part) => part !== '')
  return exempt.some((part) => isExempt(address, part.toLowerCase())) ? undefined : proxy
}

function isExempt(address: URL, part: string): boolean {
  if (part === '*') return true
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(part) ?? []
  const ownPort = address.port || (address.protocol === 'https:' ? '443' : '80')
  if (port !== undefined && port !== ownPort) return false
  const bare = name.replace(/^\*?\./, '')
  return address.hostname === bare || address.hostname.endsWith(`.${bare}`)
}

/** A proxy's address without the password in it, to be shown. */
export function withoutPassword(proxy: string): string {
  if (!URL.canParse(proxy)) return proxy.replace(/\/\/[^@]*@/, '//')
  const url = new URL(proxy)
  url.username = ''
  url.password = ''
  return url.href
}
