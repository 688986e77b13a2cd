/* oxlint-disable no-restricted-globals -- runs in Vite, where nobody hands a clock in */
import type { IncomingMessage, ServerResponse } from 'node:http'

import type { OperationName } from '@octopus/api-client/request.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'
import type { Connect, Plugin } from 'vite'

import { ANSWERS, type Asked } from './fake-answers.ts'

/** So that skeletons and busy buttons can be seen. */
const ANSWER_MS = 80
const EVENT_MS = 2_000
const STATUS_OF: Readonly<Record<string, number>> = { NOT_SIGNED_IN: 401, WRONG_PASSWORD: 401, NOT_FOUND: 404 }

/** An invented API, in the types of the real one: to look at every page without a server. */
export function fakeApi(): Plugin {
  const use = (server: { middlewares: Connect.Server }): void => {
    server.middlewares.use('/api/v1', (request, response) => {
      answer(request, response).catch(() => response.destroy())
    })
  }
  return { name: 'fake-api', configureServer: use, configurePreviewServer: use }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(`http://x/api/v1${request.url ?? ''}`)
  if (url.pathname === '/api/v1/events') return events(url, response)
  const asked = { query: url.searchParams, body: (await readBody(request)) as Asked['body'] }
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
  for (const [name, [method, path]] of Object.entries(OPERATIONS)) {
    const params = method === request.method ? match(path, url.pathname) : undefined
    if (params) return reply(response, name as OperationName, { ...asked, params })
  }
  problem(response, 'ROUTE_NOT_FOUND', 404)
}

function reply(response: ServerResponse, name: OperationName, asked: Asked): void {
  const make = ANSWERS[name]
  if (!make) return problem(response, `NOT_INVENTED_${name}`, 404)
  try {
    const body: unknown = make(asked)
    response.setHeader('content-type', 'application/json')
    response.end(body === undefined ? '' : JSON.stringify(body))
  } catch (error) {
    const code = error instanceof Error ? error.message : String(error)
    problem(response, code, STATUS_OF[code] ?? 500)
  }
}

function problem(response: ServerResponse, code: string, status: number): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/problem+json')
  response.end(
    JSON.stringify({ type: 'about:blank', title: code, status, code, detail: `The invented API says ${code}.` }),
  )
}

function match(path: string, actual: string): Record<string, string> | undefined {
  const names: string[] = []
  const pattern = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name)
    return '([^/]+)'
  })
  const found = new RegExp(`^${pattern}$`).exec(actual)
  return found ? Object.fromEntries(names.map((name, n) => [name, decodeURIComponent(found[n + 1] ?? '')])) : undefined
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? {} : JSON.parse(text)
}

function events(url: URL, response: ServerResponse): void {
  response.setHeader('content-type', 'text/event-stream')
  response.write(': hello\n\n')
  const topics = url.searchParams.get('topics')?.split(',') ?? []
  const tell = (): void => {
    response.write(
      `event: changed\ndata: ${JSON.stringify({ topics: topics.filter((topic) => topic.startsWith('output:')) })}\n\n`,
    )
  }
  const timer = setInterval(tell, EVENT_MS)
  response.on('close', () => clearInterval(timer))
}
