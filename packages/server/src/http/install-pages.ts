import { sourceKey } from '@octopus/kit/source-key.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { type ScriptName, SCRIPTS } from '#install/install-script.ts'
import type { Installer } from '#install/installer.ts'

import { Downloads, STALLED_MS } from './downloads.ts'
import type { RateLimits } from './limits.ts'
import { originOfRequest } from './origin.ts'

/** What a PC asks for before it is a client. Nothing in it is secret, and it changes nothing. */
export const INSTALL_PAGES = ['/install.sh', '/install.ps1', '/install/:file'] as const

interface InstallPageNeeds {
  readonly limits: RateLimits
  readonly installer: Installer
  readonly secure: boolean
  /** PUBLIC_URL. */
  readonly publicUrl: string | null
}

export function registerInstallPages(app: FastifyInstance, needs: InstallPageNeeds): void {
  const { limits, installer, secure, publicUrl } = needs
  const downloads = new Downloads()
  const onRequest = async (request: FastifyRequest): Promise<void> => limits.byClass.live.take(sourceKey(request.ip))
  for (const name of Object.keys(SCRIPTS) as ScriptName[]) {
    app.route({
      method: 'GET',
      url: `/${name}`,
      onRequest,
      handler: async (request, reply) => {
        const origin = publicUrl ?? originOfRequest(request, secure)
        if (origin === undefined) throw badHost()
        // It holds the address at which it was asked for: no cache may give it to somebody else.
        return reply.type(SCRIPTS[name].type).send(await installer.script(name, origin))
      },
    })
  }
  app.route<{ Params: { file: string } }>({
    method: 'GET',
    url: '/install/:file',
    onRequest,
    handler: async (request, reply) => {
      const { file } = request.params
      const archive = await installer.archive(file)
      if (archive === undefined) throw refusal('CLIENT_BUILD_NOT_FOUND', { file })
      const headers = {
        // Its name holds its checksum: another content has another name.
        'cache-control': 'public, max-age=31536000, immutable',
        etag: `"${archive.facts.checksum}"`,
      }
      if (request.headers['if-none-match'] === headers.etag) return reply.code(304).headers(headers).send()
      const leave = downloads.enter(sourceKey(request.ip))
      reply.raw.once('close', leave)
      const opened = await archive.open().catch(() => undefined)
      if (opened === undefined) throw refusal('CLIENT_BUILD_NOT_FOUND', { file })
      endWhenStalled(reply)
      return reply
        .headers({
          ...headers,
          'content-type': 'application/octet-stream',
          'content-length': opened.sizeBytes,
          'content-disposition': `attachment; filename="${archive.facts.file}"`,
        })
        .send(opened.stream)
    },
  })
}

function endWhenStalled({ raw }: FastifyReply): void {
  raw.setTimeout(STALLED_MS, () => void raw.destroy())
}

function badHost(): Error {
  return invalidRequest('header', [{ field: 'host', message: 'must be a host name or an address, and a port' }])
}
