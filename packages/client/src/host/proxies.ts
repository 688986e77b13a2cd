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

/** The proxies that count; undefined: none. An empty text takes away what the environment says in small letters. */
export function proxiesOf(settings: ProxySettings, env: Env): Partial<Record<ProxyName, string>> | undefined {
  const proxies: Partial<Record<ProxyName, string>> = {}
  for (const name of NAMES) {
    const value = settings[name] ?? env[name.toLowerCase()]
    if (value) proxies[name] = value
  }
  return proxies.HTTP_PROXY === undefined && proxies.HTTPS_PROXY === undefined ? undefined : proxies
}
