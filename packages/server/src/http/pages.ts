import { sourceKey } from '@octopus/kit/source-key.ts'
import { openApiDocument } from '@octopus/protocol/openapi.ts'
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'

import type { Installer } from '#install/installer.ts'

import { docsPage } from './docs-page.ts'
import { INSTALL_PAGES, registerInstallPages } from './install-pages.ts'
import type { RateLimits } from './limits.ts'
import { noRoute } from './not-found.ts'
import { pathOf } from './reply-error.ts'
import type { Dashboard } from './static.ts'

/** What is there besides the API: pages for everybody, without anything to find out in them. */
const OWN_PAGES = ['/', '/dashboard', '/dashboard/*', '/api/openapi.json', '/api/docs'] as const
type Page = (typeof OWN_PAGES)[number]
export const PAGES: readonly string[] = [...OWN_PAGES, ...INSTALL_PAGES]

interface PageNeeds {
  readonly limits: RateLimits
  readonly dashboard: Dashboard
  readonly installer: Installer
  readonly secure: boolean
  readonly publicUrl: string | null
}

export function registerPages(app: FastifyInstance, needs: PageNeeds): void {
  registerInstallPages(app, needs)
  const document = JSON.stringify(openApiDocument())
  const docs = docsPage()
  const get = (url: Page, handler: RouteHandlerMethod): void => {
    const onRequest = async (request: FastifyRequest): Promise<void> =>
      needs.limits.byClass.read.take(sourceKey(request.ip))
    app.route({ method: 'GET', url, onRequest, handler })
  }
  get('/', async (_request, reply) => reply.redirect('/dashboard', 302))
  get('/api/openapi.json', async (_request, reply) => reply.type('application/json; charset=utf-8').send(document))
  get('/api/docs', async (_request, reply) => reply.type('text/html; charset=utf-8').send(docs))
  const dashboard: RouteHandlerMethod = async (request, reply) => {
    const path = pathOf(request)
    const file = await needs.dashboard.find(path, acceptsGzip(request.headers['accept-encoding']))
    if (!file) throw noRoute(request.method, path)
    const { etag } = file.headers
    if (etag !== undefined && request.headers['if-none-match'] === etag)
      return reply.code(304).headers(file.headers).send()
    return reply.headers(file.headers).send(file.content)
  }
  get('/dashboard', dashboard)
  get('/dashboard/*', dashboard)
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return /(?:^|,)\s*gzip\s*(?:,|;(?!\s*q=0(?:\.0+)?\s*(?:,|$))|$)/.test(String(header ?? ''))
}
