import type { Problem } from './schema.ts'

/**
 * Every refusal that a person or a program can act on: one code, one HTTP status, one sentence that says what
 * happened, with the values, and what to do. `docs/errors.md` lists the same codes; a test holds the two together.
 */
export const CATALOGUE = {
  INVALID_REQUEST: {
    status: 400,
    text: (p: { where: string }) =>
      `The ${p.where} does not fit: see "fields" for each problem, mend them and send again.`,
  },
  NOT_JSON: {
    status: 400,
    text: (p: { reason: string }) =>
      `The body is not JSON (${p.reason}). Send a JSON object with content type application/json.`,
  },
  INVALID_SCHEDULE: { status: 400, text: (p: { reason: string }) => p.reason },
  INVALID_ARGUMENTS: {
    status: 400,
    text: (p: { plugin: string; action: string; reason: string }) =>
      `These arguments do not fit ${p.plugin}.${p.action}: ${p.reason}`,
  },
  RESERVED_KEY: { status: 400, text: (p: { key: string; reason: string }) => `"${p.key}" cannot be used: ${p.reason}` },
  INVALID_PLUGIN: {
    status: 400,
    text: (p: { plugin: string; reason: string }) => `${p.plugin} cannot be published: ${p.reason}`,
  },
  INVALID_PLUGIN_NAME: {
    status: 400,
    text: (p: { name: string }) =>
      `"${p.name}" cannot be a plugin's name: a letter first, then letters, digits, "_" or "-", at most 63 characters, and no name that Windows reserves.`,
  },
  INVALID_CURSOR: {
    status: 400,
    text: () => `The cursor does not belong to this list and filter. Read the list again without a cursor.`,
  },
  INVALID_TOPIC: {
    status: 400,
    text: (p: { topic: string }) => `"${p.topic}" is not a topic. See the API reference for the topics there are.`,
  },
  WEAK_PASSWORD: {
    status: 400,
    text: () =>
      `This password would be guessed at once. Take several words that nobody connects with you or this server.`,
  },
  NOT_SIGNED_IN: { status: 401, text: () => `Sign in, or send an API token as "Authorization: Bearer …".` },
  WRONG_PASSWORD: {
    status: 401,
    text: () => `Name or password is wrong. Try again, or ask an administrator for a one-time link.`,
  },
  WRONG_TOKEN: { status: 401, text: () => `This token is wrong, used up, revoked or expired. Ask for a new one.` },
  NOT_ALLOWED: {
    status: 403,
    text: (p: { role: string }) => `This needs the role ${p.role}. Ask an administrator, or send a token that has it.`,
  },
  CSRF: {
    status: 403,
    text: () =>
      `The request did not come from the dashboard: send the header x-octopus-csrf with the token of GET /api/v1/me.`,
  },
  SETUP_DONE: { status: 403, text: () => `The first administrator exists already. Sign in instead.` },
  ROUTE_NOT_FOUND: {
    status: 404,
    text: (p: { method: string; path: string }) =>
      `There is no ${p.method} ${p.path}. The routes are listed at /api/docs.`,
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    text: (p: { method: string; path: string; allowed: string }) =>
      `${p.path} cannot be called with ${p.method}, only with ${p.allowed}.`,
  },
  TASK_NOT_FOUND: {
    status: 404,
    text: (p: { task: string }) => `There is no task ${p.task}. Look at GET /api/v1/tasks for those there are.`,
  },
  RUN_NOT_FOUND: {
    status: 404,
    text: (p: { run: string }) => `There is no run ${p.run}. Look at GET /api/v1/runs for those there are.`,
  },
  EXECUTION_NOT_FOUND: {
    status: 404,
    text: (p: { execution: string }) =>
      `There is no execution ${p.execution}. Look at GET /api/v1/executions for those there are.`,
  },
  CLIENT_NOT_FOUND: {
    status: 404,
    text: (p: { client: string }) => `There is no client ${p.client}. Look at GET /api/v1/clients for those there are.`,
  },
  CLIENT_BUILD_NOT_FOUND: {
    status: 404,
    text: (p: { file: string }) =>
      `There is no packed client ${p.file} here. The administrator of this server makes them with "npm run build:client"; install.sh and install.ps1 name the current ones.`,
  },
  PLUGIN_NOT_FOUND: {
    status: 404,
    text: (p: { plugin: string }) =>
      `There is no plugin "${p.plugin}". Create it first, or look at GET /api/v1/plugins for the names there are.`,
  },
  ACTION_NOT_FOUND: {
    status: 404,
    text: (p: { plugin: string; action: string; actions: string }) =>
      `${p.plugin} has no action "${p.action}". It has: ${p.actions}.`,
  },
  VERSION_NOT_FOUND: {
    status: 404,
    text: (p: { plugin: string; version: string }) =>
      `${p.plugin} never had a version ${p.version}. Look at GET /api/v1/plugins/${p.plugin}/versions.`,
  },
  USER_NOT_FOUND: {
    status: 404,
    text: (p: { user: string }) => `There is no user "${p.user}". Create the user first, or look at GET /api/v1/users.`,
  },
  TOKEN_NOT_FOUND: {
    status: 404,
    text: (p: { token: string }) =>
      `There is no token ${p.token}. Look at the list of tokens for those that can still be used.`,
  },
  PLUGIN_IN_USE: {
    status: 409,
    text: (p: { plugin: string; tasks: string }) =>
      `${p.plugin} is used by tasks that have not ended: ${p.tasks}. End them first.`,
  },
  PLUGIN_BEING_TRIED: {
    status: 409,
    text: (p: { plugin: string; executions: string }) =>
      `${p.plugin} is being tried: execution ${p.executions}. Cancel it, or wait until it ends.`,
  },
  VERSION_CONFLICT: {
    status: 409,
    text: (p: { plugin: string; version: number; by: string }) =>
      `${p.by} published version ${p.version} of ${p.plugin} meanwhile; nothing was changed. "current" holds it: put your change on top and publish again.`,
  },
  STILL_AT_WORK: {
    status: 409,
    text: (p: { what: string; name: string; count: number }) =>
      `The ${p.what} "${p.name}" still has ${p.count} ${p.count === 1 ? 'execution' : 'executions'} at work. Cancel or wait, then delete.`,
  },
  USER_IN_USE: {
    status: 409,
    text: (p: { user: string; things: string }) =>
      `${p.user} cannot be deleted: ${p.things}. Give them to somebody else, or end them, first.`,
  },
  CLIENT_TAKES_NO_WORK: {
    status: 409,
    text: (p: { client: string; reason: string }) => `Client "${p.client}" ${p.reason}. Choose another one.`,
  },
  NAME_OF_DELETED: {
    status: 409,
    text: (p: { what: string; name: string }) =>
      `There was a ${p.what} named "${p.name}", which is deleted. Restore it, or choose another name.`,
  },
  NAME_TAKEN: {
    status: 409,
    text: (p: { what: string; name: string }) =>
      `There is a ${p.what} named "${p.name}" already (upper and lower case count as the same). Choose another name.`,
  },
  ALREADY_ENDED: {
    status: 409,
    text: (p: { what: string; state: string }) =>
      `This ${p.what} has ended already (${p.state}); nothing was changed. To have it done once more, run the task again.`,
  },
  NOTHING_TO_PAUSE: {
    status: 409,
    text: (p: { task: string }) =>
      `"${p.task}" has no further run planned, so there is nothing to pause. To stop what runs, cancel it.`,
  },
  NOT_ENDED: {
    status: 409,
    text: (p: { what: string; state: string }) =>
      `This ${p.what} has not ended yet (${p.state}); nothing was changed. Cancel it, or wait for its end.`,
  },
  NOTHING_TO_RETRY: {
    status: 409,
    text: (p: { what: string }) =>
      `This ${p.what} has nothing to be tried again: what succeeded or has not ended yet is not, nor what was for a PC that is shut out or for another owner than the task has now. Run the task again instead.`,
  },
  BRAKE_OFF: {
    status: 409,
    text: () => `The brake is not on; nothing was changed. See "octopus why" for what keeps work waiting.`,
  },
  LAST_ADMINISTRATOR: {
    status: 409,
    text: () => `This is the last administrator who can sign in. Make another one first.`,
  },
  CLIENT_REVOKED: {
    status: 409,
    text: (p: { client: string }) =>
      `Client ${p.client} was revoked for good. To take the PC in again, remove client.key and identity.json on it and enrol it with a new token.`,
  },
  TOO_MANY_TARGETS: {
    status: 409,
    text: (p: { limit: number }) =>
      `There are ${p.limit} notification targets already, which is the limit. Delete some first.`,
  },
  TARGET_NOT_FOUND: {
    status: 404,
    text: (p: { target: string }) =>
      `There is no notification target ${p.target}. Look at GET /api/v1/notifications/targets for those there are.`,
  },
  MESSAGE_NOT_FOUND: {
    status: 404,
    text: (p: { message: string }) =>
      `There is no notification message ${p.message}. Look at GET /api/v1/notifications/messages for those that are kept.`,
  },
  MESSAGE_NOT_DEAD: {
    status: 409,
    text: (p: { state: string }) =>
      `Only a dead message can be tried again; this one is ${p.state}. Wait: what was not sent is tried again by itself.`,
  },
  TOO_MANY_SCHEDULES: {
    status: 409,
    text: (p: { limit: number }) => `There are ${p.limit} repeating tasks already, which is the limit. End some first.`,
  },
  STALE_REVISION: {
    status: 412,
    text: (p: { current: number }) =>
      `Somebody changed it meanwhile: the revision is ${p.current} now. Read it again and repeat the change.`,
  },
  BODY_TOO_LARGE: {
    status: 413,
    text: (p: { limitBytes: number }) => `The body is larger than ${p.limitBytes} bytes. Send less.`,
  },
  ARGUMENTS_TOO_LARGE: {
    status: 413,
    text: (p: { bytes: number; limitBytes: number }) =>
      `args and kwargs take ${p.bytes} bytes as JSON; at most ${p.limitBytes} are allowed. Put the data into a file and pass its path.`,
  },
  PLUGIN_TOO_LARGE: {
    status: 413,
    text: (p: { bytes: number; limitBytes: number }) =>
      `The source has ${p.bytes} bytes; at most ${p.limitBytes} are allowed. Put data into files that the plugin reads.`,
  },
  WRONG_CONTENT_TYPE: {
    status: 415,
    text: (p: { contentType: string }) => `Content type "${p.contentType}" is not accepted. Send application/json.`,
  },
  KEY_UNDER_WAY: {
    status: 409,
    text: () => `Another server works on the request with this Idempotency-Key. Send it again in a moment.`,
  },
  KEY_REUSED: {
    status: 422,
    text: () =>
      `This Idempotency-Key was sent with another request before. Take a new key for a new request; nothing was changed.`,
  },
  TOO_MANY_KEYS: {
    status: 429,
    text: (p: { limit: number }) =>
      `${p.limit} idempotency keys of this caller are kept already, for a day each. Nothing was changed; send the request without one, or later.`,
  },
  REVISION_NEEDED: { status: 428, text: () => `Send the revision that you have read as If-Match.` },
  TOO_MANY_REQUESTS: {
    status: 429,
    text: (p: { seconds: number }) => `Too many tries. Wait ${p.seconds} s and try again.`,
  },
  INTERNAL: {
    status: 500,
    text: (p: { id: string }) => `Something went wrong on the server. The log has the details under ${p.id}.`,
  },
  STORE_UNAVAILABLE: {
    status: 503,
    text: () => `The store cannot write at this moment (the disk may be full). Nothing was changed; try again.`,
  },
  DISK_FULL: {
    status: 507,
    text: (p: { freeMiB: number }) =>
      `The server's disk has only ${p.freeMiB} MiB left, which are kept for results. Nothing was changed. Make room, then try again.`,
  },
  OUTPUT_DAMAGED: {
    status: 500,
    text: () =>
      `The server's file of output (output.db) is damaged where this output stands. Restore a backup, or stop the server, move output.db and its -wal and -shm files aside and start it again: it goes on without the output so far.`,
  },
  SHUTTING_DOWN: { status: 503, text: () => `The server is stopping. Try again in a moment.` },
} as const

export type ErrorCode = keyof typeof CATALOGUE
type Parameters<C extends ErrorCode> = (typeof CATALOGUE)[C]['text'] extends (p: infer P) => string ? P : never
type Details<C extends ErrorCode> = unknown extends Parameters<C> ? [] : [details: Parameters<C>]

/** A refusal that somebody can act on. Crosses processes as `{code, message, fields}`, never by `instanceof`. */
export class OctopusError extends Error {
  override name = 'OctopusError'
  readonly code: ErrorCode
  /** The values in the sentence, for programs: `Retry-After` is made from them. */
  readonly details: Readonly<Record<string, unknown>>
  readonly fields: readonly Problem[]
  /** The object as it is now, as the API answers it, where somebody else was faster. */
  current: object | undefined

  constructor(code: ErrorCode, details: object | undefined, fields: readonly Problem[] = []) {
    const text = CATALOGUE[code].text as (p: object | undefined) => string
    super(text(details))
    this.code = code
    this.details = { ...details }
    this.fields = fields
  }

  get status(): number {
    return CATALOGUE[this.code].status
  }
}

/** Makes the error of a code; its parameters are checked by the compiler. */
export function refusal<C extends ErrorCode>(code: C, ...details: Details<C>): OctopusError {
  return new OctopusError(code, details[0] as object | undefined)
}

/** The request does not fit its schema; every problem is named. */
export function invalidRequest(where: string, fields: readonly Problem[]): OctopusError {
  return new OctopusError('INVALID_REQUEST', { where }, fields)
}
