import type { Json } from './api.ts'
import type { OctopusProcess } from './process.ts'

/** It waits for its clients for a minute before it begins without one. */
const BEGIN_MS_MAX = 90_000

/** The link that the demo prints once it has begun. */
export async function linkOf(demo: OctopusProcess): Promise<URL> {
  const [, link = ''] = await demo.line(/dashboard\s+(http:\S+\/dashboard\/sign-in#token=\S+)/, 0, BEGIN_MS_MAX)
  return new URL(link)
}

/** Asks as the page does that the link opens. */
export function useLink(link: URL): Promise<Response> {
  return fetch(new URL('/api/v1/login-link', link), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.hash.replace('#token=', '') }),
  })
}

/** What the administrator of a running demo can do. */
export class DemoAdmin {
  readonly #cookie: string
  readonly #api: URL

  private constructor(link: URL, signedIn: Response) {
    this.#api = new URL('/api/v1/', link)
    this.#cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  static async signIn(link: URL): Promise<DemoAdmin> {
    const signedIn = await useLink(link)
    if (!signedIn.ok) throw new Error(`the link signs nobody in: ${signedIn.status} ${await signedIn.text()}`)
    return new DemoAdmin(link, signedIn)
  }

  /** The names in a list, sorted. */
  async names(list: string): Promise<readonly string[]> {
    const { items } = await this.#get(list)
    return items.map(({ name }: Json) => String(name)).toSorted()
  }

  async clientId(name: string): Promise<string> {
    const { items } = await this.#get(`clients?name=${name}`)
    return items[0].id
  }

  async change(method: 'POST' | 'DELETE', path: string): Promise<Response> {
    const { csrfToken } = await this.#get('me')
    return fetch(new URL(path, this.#api), { method, headers: { cookie: this.#cookie, 'x-octopus-csrf': csrfToken } })
  }

  async #get(path: string): Promise<Json> {
    return (await fetch(new URL(path, this.#api), { headers: { cookie: this.#cookie } })).json()
  }
}
