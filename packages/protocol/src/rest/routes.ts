import { Type, type TSchema } from 'typebox'

import { EnrollAnswerSchema, EnrollBodySchema } from '#enroll.ts'
import { ChecksumSchema, ClientIdSchema, ExecutionIdSchema, RunIdSchema, TaskIdSchema, UserNameSchema } from '#ids.ts'
import { Strict } from '#schema.ts'

import * as clients from './clients.ts'
import * as plugins from './plugins.ts'
import * as runs from './runs.ts'
import * as system from './system.ts'
import * as tasks from './tasks.ts'
import * as users from './users.ts'

/**
 * Who may call a route. A role includes the ones above it; `client-session` is the download token of a live session;
 * `stranger` needs nothing and is limited hardest.
 */
export type Access = 'stranger' | 'viewer' | 'operator' | 'admin' | 'client-session'

/** How often one caller may call: `sign-in` guesses secrets, `live` stays open. */
export type RateClass = 'sign-in' | 'read' | 'write' | 'live'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters as `{name}`. */
  readonly path: string
  readonly access: Access
  readonly rate: RateClass
  readonly summary: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  readonly status: 200 | 201 | 204
  /** The answer's schema; left out where the answer is not JSON or empty. */
  readonly answer?: TSchema
  /** Content type of an answer that is not JSON. */
  readonly answerType?: string
  /** The change must name the revision it was made on, as `If-Match`. */
  readonly needsRevision?: true
}

const id = <T extends TSchema>(schema: T) => Strict({ id: schema })
const taskId = id(TaskIdSchema)
const runId = id(RunIdSchema)
const executionId = id(ExecutionIdSchema)
const clientId = id(ClientIdSchema)
const textId = id(Type.String({ minLength: 1, maxLength: 64 }))
const userName = Strict({ name: UserNameSchema })
const pluginName = Strict({ name: Type.String({ minLength: 1, maxLength: 200 }) })

/** Every route there is. What is not declared here does not exist; OpenAPI is made from this table. */
export const ROUTES = {
  setup: {
    method: 'POST',
    path: '/api/v1/setup',
    access: 'stranger',
    rate: 'sign-in',
    summary: 'Make the first administrator with the one-time token that the server printed',
    body: users.SetupSchema,
    status: 200,
    answer: users.MeSchema,
  },
  login: {
    method: 'POST',
    path: '/api/v1/login',
    access: 'stranger',
    rate: 'sign-in',
    summary: 'Sign in with name and password',
    body: users.LoginSchema,
    status: 200,
    answer: users.MeSchema,
  },
  loginLink: {
    method: 'POST',
    path: '/api/v1/login-link',
    access: 'stranger',
    rate: 'sign-in',
    summary: 'Sign in with the token of a one-time link',
    body: users.LoginLinkSchema,
    status: 200,
    answer: users.MeSchema,
  },
  logout: {
    method: 'POST',
    path: '/api/v1/logout',
    access: 'viewer',
    rate: 'write',
    summary: 'End this session',
    status: 204,
  },
  me: {
    method: 'GET',
    path: '/api/v1/me',
    access: 'viewer',
    rate: 'read',
    summary: 'Who is signed in',
    status: 200,
    answer: users.MeSchema,
  },

  listApiTokens: {
    method: 'GET',
    path: '/api/v1/tokens',
    access: 'viewer',
    rate: 'read',
    summary: 'Your API tokens',
    query: users.UserQuerySchema,
    status: 200,
    answer: users.ApiTokenPageSchema,
  },
  createApiToken: {
    method: 'POST',
    path: '/api/v1/tokens',
    access: 'viewer',
    rate: 'write',
    summary: 'Make an API token; its text is shown this once',
    body: users.CreateApiTokenSchema,
    status: 201,
    answer: users.CreatedApiTokenSchema,
  },
  deleteApiToken: {
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    access: 'viewer',
    rate: 'write',
    summary: 'Revoke an API token',
    params: textId,
    status: 204,
  },

  listUsers: {
    method: 'GET',
    path: '/api/v1/users',
    access: 'viewer',
    rate: 'read',
    summary: 'Users',
    query: users.UserQuerySchema,
    status: 200,
    answer: users.UserPageSchema,
  },
  createUser: {
    method: 'POST',
    path: '/api/v1/users',
    access: 'admin',
    rate: 'write',
    summary: 'Make a user',
    body: users.CreateUserSchema,
    status: 201,
    answer: users.UserSchema,
  },
  getUser: {
    method: 'GET',
    path: '/api/v1/users/{name}',
    access: 'viewer',
    rate: 'read',
    summary: 'One user',
    params: userName,
    status: 200,
    answer: users.UserSchema,
  },
  changeUser: {
    method: 'PATCH',
    path: '/api/v1/users/{name}',
    access: 'admin',
    rate: 'write',
    summary: 'Change a user; disabling ends sessions and tokens',
    params: userName,
    body: users.ChangeUserSchema,
    status: 200,
    answer: users.UserSchema,
    needsRevision: true,
  },

  listEnrollmentTokens: {
    method: 'GET',
    path: '/api/v1/enrollment-tokens',
    access: 'admin',
    rate: 'read',
    summary: 'Enrolment tokens that can still be used',
    query: users.UserQuerySchema,
    status: 200,
    answer: clients.EnrollmentTokenPageSchema,
  },
  createEnrollmentToken: {
    method: 'POST',
    path: '/api/v1/enrollment-tokens',
    access: 'admin',
    rate: 'write',
    summary: 'Make an enrolment token; its text is shown this once',
    body: clients.CreateEnrollmentTokenSchema,
    status: 201,
    answer: clients.CreatedEnrollmentTokenSchema,
  },
  deleteEnrollmentToken: {
    method: 'DELETE',
    path: '/api/v1/enrollment-tokens/{id}',
    access: 'admin',
    rate: 'write',
    summary: 'Revoke an enrolment token',
    params: textId,
    status: 204,
  },

  listClients: {
    method: 'GET',
    path: '/api/v1/clients',
    access: 'viewer',
    rate: 'read',
    summary: 'Clients',
    query: clients.ClientQuerySchema,
    status: 200,
    answer: clients.ClientPageSchema,
  },
  getClient: {
    method: 'GET',
    path: '/api/v1/clients/{id}',
    access: 'viewer',
    rate: 'read',
    summary: 'One client',
    params: clientId,
    status: 200,
    answer: clients.ClientSchema,
  },
  changeClient: {
    method: 'PATCH',
    path: '/api/v1/clients/{id}',
    access: 'admin',
    rate: 'write',
    summary: 'Change name, user or labels of a client',
    params: clientId,
    body: clients.ChangeClientSchema,
    status: 200,
    answer: clients.ClientSchema,
    needsRevision: true,
  },
  approveClient: {
    method: 'POST',
    path: '/api/v1/clients/{id}/approve',
    access: 'admin',
    rate: 'write',
    summary: 'Let a waiting client work, and bind it to a user',
    params: clientId,
    body: clients.ApproveClientSchema,
    status: 200,
    answer: clients.ClientSchema,
  },
  revokeClient: {
    method: 'POST',
    path: '/api/v1/clients/{id}/revoke',
    access: 'admin',
    rate: 'write',
    summary: 'Shut a client out for good',
    params: clientId,
    status: 200,
    answer: clients.ClientSchema,
  },
  drainClient: {
    method: 'POST',
    path: '/api/v1/clients/{id}/drain',
    access: 'operator',
    rate: 'write',
    summary: 'Give a client no new work',
    params: clientId,
    status: 200,
    answer: clients.ClientSchema,
  },
  resumeClient: {
    method: 'POST',
    path: '/api/v1/clients/{id}/resume',
    access: 'operator',
    rate: 'write',
    summary: 'Give a drained client work again',
    params: clientId,
    status: 200,
    answer: clients.ClientSchema,
  },

  listPlugins: {
    method: 'GET',
    path: '/api/v1/plugins',
    access: 'viewer',
    rate: 'read',
    summary: 'Plugins',
    query: plugins.PluginQuerySchema,
    status: 200,
    answer: plugins.PluginPageSchema,
  },
  getPlugin: {
    method: 'GET',
    path: '/api/v1/plugins/{name}',
    access: 'viewer',
    rate: 'read',
    summary: 'One plugin with its source',
    params: pluginName,
    status: 200,
    answer: plugins.PluginSchema,
  },
  putPlugin: {
    method: 'PUT',
    path: '/api/v1/plugins/{name}',
    access: 'admin',
    rate: 'write',
    summary: 'Publish a version of a plugin; it is current at once',
    params: pluginName,
    body: plugins.PutPluginSchema,
    status: 200,
    answer: plugins.PluginSchema,
  },
  deletePlugin: {
    method: 'DELETE',
    path: '/api/v1/plugins/{name}',
    access: 'admin',
    rate: 'write',
    summary: 'Delete a plugin that no task uses',
    params: pluginName,
    status: 204,
  },
  checkPlugin: {
    method: 'POST',
    path: '/api/v1/plugins/check',
    access: 'operator',
    rate: 'write',
    summary: 'Read a source: its actions, parameters and problems; stores nothing',
    body: plugins.CheckPluginSchema,
    status: 200,
    answer: plugins.CheckedPluginSchema,
  },
  listPluginVersions: {
    method: 'GET',
    path: '/api/v1/plugins/{name}/versions',
    access: 'viewer',
    rate: 'read',
    summary: 'Versions of a plugin, newest first',
    params: pluginName,
    query: plugins.PluginQuerySchema,
    status: 200,
    answer: plugins.PluginVersionPageSchema,
  },
  getPluginSync: {
    method: 'GET',
    path: '/api/v1/plugins/{name}/sync',
    access: 'viewer',
    rate: 'read',
    summary: 'Which clients have the current version',
    params: pluginName,
    status: 200,
    answer: plugins.PluginSyncSchema,
  },

  listTasks: {
    method: 'GET',
    path: '/api/v1/tasks',
    access: 'viewer',
    rate: 'read',
    summary: 'Tasks, newest first',
    query: tasks.TaskQuerySchema,
    status: 200,
    answer: tasks.TaskPageSchema,
  },
  createTask: {
    method: 'POST',
    path: '/api/v1/tasks',
    access: 'operator',
    rate: 'write',
    summary: 'Create a task',
    body: tasks.CreateTaskSchema,
    status: 201,
    answer: tasks.TaskSchema,
  },
  getTask: {
    method: 'GET',
    path: '/api/v1/tasks/{id}',
    access: 'viewer',
    rate: 'read',
    summary: 'One task',
    params: taskId,
    status: 200,
    answer: tasks.TaskSchema,
  },
  endTask: {
    method: 'POST',
    path: '/api/v1/tasks/{id}/end',
    access: 'operator',
    rate: 'write',
    summary: 'End a schedule: no more runs; what runs goes on',
    params: taskId,
    status: 200,
    answer: tasks.TaskSchema,
  },
  cancelTask: {
    method: 'POST',
    path: '/api/v1/tasks/{id}/cancel',
    access: 'operator',
    rate: 'write',
    summary: 'End a task and cancel its active runs',
    params: taskId,
    status: 200,
    answer: tasks.TaskSchema,
  },
  listTaskRuns: {
    method: 'GET',
    path: '/api/v1/tasks/{id}/runs',
    access: 'viewer',
    rate: 'read',
    summary: 'Runs of a task, newest first',
    params: taskId,
    query: Strict({ ...plugins.PluginQuerySchema.properties }),
    status: 200,
    answer: runs.RunPageSchema,
  },
  runTask: {
    method: 'POST',
    path: '/api/v1/tasks/{id}/runs',
    access: 'operator',
    rate: 'write',
    summary: 'Run a task now',
    params: taskId,
    body: tasks.RunNowSchema,
    status: 201,
    answer: runs.RunSchema,
  },
  getReach: {
    method: 'GET',
    path: '/api/v1/reach',
    access: 'viewer',
    rate: 'read',
    summary: 'How many clients each owner reaches now',
    status: 200,
    answer: tasks.ReachSchema,
  },

  listRuns: {
    method: 'GET',
    path: '/api/v1/runs',
    access: 'viewer',
    rate: 'read',
    summary: 'Runs, newest first',
    query: runs.RunQuerySchema,
    status: 200,
    answer: runs.RunPageSchema,
  },
  getRun: {
    method: 'GET',
    path: '/api/v1/runs/{id}',
    access: 'viewer',
    rate: 'read',
    summary: 'One run',
    params: runId,
    status: 200,
    answer: runs.RunSchema,
  },
  cancelRun: {
    method: 'POST',
    path: '/api/v1/runs/{id}/cancel',
    access: 'operator',
    rate: 'write',
    summary: 'Ask to cancel every execution of a run that has not ended',
    params: runId,
    status: 200,
    answer: runs.RunSchema,
  },

  listExecutions: {
    method: 'GET',
    path: '/api/v1/executions',
    access: 'viewer',
    rate: 'read',
    summary: 'Executions, newest first',
    query: runs.ExecutionQuerySchema,
    status: 200,
    answer: runs.ExecutionPageSchema,
  },
  getExecution: {
    method: 'GET',
    path: '/api/v1/executions/{id}',
    access: 'viewer',
    rate: 'read',
    summary: 'One execution with its result',
    params: executionId,
    status: 200,
    answer: runs.ExecutionSchema,
  },
  cancelExecution: {
    method: 'POST',
    path: '/api/v1/executions/{id}/cancel',
    access: 'operator',
    rate: 'write',
    summary: 'Ask to cancel an execution',
    params: executionId,
    status: 200,
    answer: runs.ExecutionSchema,
  },
  getOutput: {
    method: 'GET',
    path: '/api/v1/executions/{id}/output',
    access: 'viewer',
    rate: 'read',
    summary: 'Output from a byte on; with raw=1 the whole text as a download',
    params: executionId,
    query: runs.OutputQuerySchema,
    status: 200,
    answer: runs.OutputPageSchema,
  },

  getStats: {
    method: 'GET',
    path: '/api/v1/stats',
    access: 'viewer',
    rate: 'read',
    summary: 'Counters of the overview',
    status: 200,
    answer: system.StatsSchema,
  },
  events: {
    method: 'GET',
    path: '/api/v1/events',
    access: 'viewer',
    rate: 'live',
    summary: 'Server-Sent Events: which topics have news',
    query: system.EventsQuerySchema,
    status: 200,
    answerType: 'text/event-stream',
  },
  stopAllWork: {
    method: 'POST',
    path: '/api/v1/stop-all-work',
    access: 'operator',
    rate: 'write',
    summary: 'Plan nothing, hand out nothing, cancel everything that has not ended',
    status: 200,
    answer: system.StoppedSchema,
  },
  resumeAllWork: {
    method: 'POST',
    path: '/api/v1/resume-all-work',
    access: 'admin',
    rate: 'write',
    summary: 'Plan and hand out again',
    status: 200,
    answer: system.StoppedSchema,
  },

  enroll: {
    method: 'POST',
    path: '/client/v1/enroll',
    access: 'stranger',
    rate: 'sign-in',
    summary: 'First contact of a client',
    body: EnrollBodySchema,
    status: 201,
    answer: EnrollAnswerSchema,
  },
  downloadPlugin: {
    method: 'GET',
    path: '/client/v1/plugins/{checksum}',
    access: 'client-session',
    rate: 'read',
    summary: 'The bytes of a plugin version',
    params: Strict({ checksum: ChecksumSchema }),
    status: 200,
    answerType: 'application/octet-stream',
  },
  healthz: {
    method: 'GET',
    path: '/healthz',
    access: 'stranger',
    rate: 'read',
    summary: 'The process lives',
    status: 200,
    answer: system.HealthSchema,
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    access: 'stranger',
    rate: 'read',
    summary: 'The store can be written',
    status: 200,
    answer: system.HealthSchema,
  },
} as const satisfies Readonly<Record<string, Route>>

export type RouteName = keyof typeof ROUTES
