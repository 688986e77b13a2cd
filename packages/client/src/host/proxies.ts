import { setGlobalProxyFromEnv } from 'node:http'

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const
type ProxyName = (typeof NAMES)[number]

/** What the settings say; null: nothing. The environment's own names in capitals are settings, too. */
export type ProxySettings = Readonly<Record<ProxyName, string | null>>

type Env = Readonly<Record<string, string | undefined>>

/** Requests and WebSockets of this process go through the company's proxies from now on. */
export function useProxies(settings: ProxySettings, env: Env): void {
  const proxies = proxiesOf(settings, env)
  if (proxies !== undefined) setGlobalProxyFromEnv(proxies)
}

/** A proxy leads to its own machine by these names, never to this one. */
export const THIS_MACHINE: readonly string[] = ['localhost', '127.0.0.1', '::1']

/** The proxies that count; undefined: none. An empty text takes away what the environment says in small letters. */
export function proxiesOf(settings: ProxySettings, env: Env): Partial<Record<ProxyName, string>> | undefined {
  const proxies: Partial<Record<ProxyName, string>> = {}
  for (const name of NAMES) {
    const value = settings[name] ?? env[name.toLowerCase()]
    if (value) proxies[name] = value
  }
  if (proxies.HTTP_PROXY === undefined && proxies.HTTPS_PROXY === undefined) return undefined
  return { ...proxies, NO_PROXY: withThisMachine(proxies.NO_PROXY) }
}

/** The hosts that are reached without a proxy, this machine among them: left to itself, Node asks the proxy for it. */
export function withThisMachine(noProxy: string | undefined): string {
  // Only alone does the star mean every host.
  if (noProxy?.trim() === '*') return '*'
  return [...(noProxy ? [noProxy] : []), ...THIS_MACHINE].join(',')
}
