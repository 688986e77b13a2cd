import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Files } from '@octopus/kit/files.ts'

export interface StaticFile {
  readonly content: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** The built dashboard. */
export interface Dashboard {
  /** The file for a path of the browser; a page of the dashboard itself is its `index.html`. Undefined: no such file. */
  find(path: string, gzipped: boolean): Promise<StaticFile | undefined>
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
}

/** The dashboard is a few files: all of them are read at once and kept. A path only chooses one of them, it opens none. */
const FOLDER_DEPTH_MAX = 4
const compress = promisify(gzip)

interface Variants {
  readonly plain: StaticFile
  readonly gzipped: StaticFile
}

/** Looks for the built files in `folder` until they are there; until then a page says how to build them. */
export function createDashboard(files: Pick<Files, 'list' | 'read'>, folder: string): Dashboard {
  let loading: Promise<ReadonlyMap<string, Variants>> | undefined
  const load = async (): Promise<ReadonlyMap<string, Variants>> => {
    const found = new Map<string, Variants>()
    await addFolder(files, folder, '', found, 0)
    if (!found.has('index.html')) loading = undefined
    return found
  }
  return {
    find: async (path, gzipped) => {
      const found = await (loading ??= load())
      const name = decode(path).replace(/^\/dashboard\/?/, '')
      const isPage = !/\.[a-z0-9]+$/i.test(name)
      const variants = found.get(isPage ? 'index.html' : name)
      if (variants) return gzipped ? variants.gzipped : variants.plain
      return isPage ? NOT_BUILT : undefined
    },
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}

async function addFolder(
  files: Pick<Files, 'list' | 'read'>,
  folder: string,
  inside: string,
  found: Map<string, Variants>,
  depth: number,
): Promise<void> {
  for (const entry of await files.list(`${folder}/${inside}`.replace(/\/$/, ''))) {
    const name = `${inside}${entry}`
    const extension = entry.slice(entry.lastIndexOf('.') + 1).toLowerCase()
    if (entry.includes('.')) {
      const content = Object.hasOwn(TYPES, extension) ? await files.read(`${folder}/${name}`) : undefined
      if (content) found.set(name, await variantsOf(name, content, TYPES[extension] ?? ''))
    } else if (depth < FOLDER_DEPTH_MAX && !entry.startsWith('.')) {
      await addFolder(files, folder, `${name}/`, found, depth + 1).catch(() => {})
    }
  }
}

async function variantsOf(name: string, content: Buffer, type: string): Promise<Variants> {
  // The builder puts a hash of the content into the names of these.
  const forEver = name.startsWith('assets/')
  const tag = sha256Hex(content).slice(0, 32)
  const headers = {
    'content-type': type,
    'cache-control': forEver ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  }
  const plain = { content, headers: { ...headers, etag: `"${tag}"` } }
  if (!/^text|json|svg/.test(type)) return { plain, gzipped: plain }
  const packed = { ...headers, 'content-encoding': 'gzip', etag: `"${tag}-gzip"` }
  return { plain, gzipped: { content: await compress(content), headers: packed } }
}

const NOT_BUILT: StaticFile = {
  content: Buffer.from(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Octopus</title>
<h1>The dashboard has not been built yet</h1>
<p>The server is running and its API works: see <a href="/api/docs">the API reference</a>.</p>
<p>To build the dashboard, run this in the folder of the repository, then load this page again:</p>
<pre>npm run build:dashboard</pre>
</html>
`),
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
}
