import type { StoreVerbs } from '#store/store.ts'

export type VerbName = keyof StoreVerbs

/** Where a verb runs: in the writer's transactions, on a connection that only reads, or in the file of output. */
export type VerbKind = 'write' | 'read' | 'output-write' | 'output-read'

/** Every verb of the port. A new one needs its row here, and the compiler says so. */
export const KINDS = {
  createTask: 'write',
  runTask: 'write',
  endTask: 'write',
  readTask: 'read',
  listTasks: 'read',

  readDue: 'read',
  commitPlan: 'write',
  writeSlice: 'write',
  retryRun: 'write',
  readRun: 'read',
  listRuns: 'read',

  readQueued: 'read',
  readRetries: 'read',
  handOver: 'write',
  takeBack: 'write',
  recordStarted: 'write',
  recordRejected: 'write',
  storeResults: 'write',
  reconcile: 'write',
  requestCancel: 'write',
  endOverdue: 'write',
  readNextEnd: 'read',
  readCancelRequests: 'read',
  readRejections: 'read',
  readExecution: 'read',
  listExecutions: 'read',

  enrollClient: 'write',
  beginSession: 'write',
  recordReported: 'write',
  recordSynced: 'write',
  endSession: 'write',
  readOpenSessions: 'read',
  restartHolds: 'write',
  approveClient: 'write',
  revokeClient: 'write',
  setDraining: 'write',
  changeClient: 'write',
  readClient: 'read',
  listClients: 'read',

  publishPlugin: 'write',
  setCurrentVersion: 'write',
  tryPlugin: 'write',
  recordPluginProblem: 'write',
  deletePlugin: 'write',
  readPlugin: 'read',
  readSource: 'read',
  listPlugins: 'read',
  listPluginVersions: 'read',
  readPluginVersion: 'read',
  settleManifest: 'write',
  readCoverage: 'read',
  readSpread: 'read',

  createUser: 'write',
  changeUser: 'write',
  readUser: 'read',
  listUsers: 'read',
  createLink: 'write',
  readSetupDone: 'read',
  setUp: 'write',
  useSignInLink: 'write',
  createWebSession: 'write',
  endWebSession: 'write',
  readSessionCaller: 'read',
  readTokenCaller: 'read',
  createApiToken: 'write',
  deleteApiToken: 'write',
  listApiTokens: 'read',
  createEnrollmentToken: 'write',
  deleteEnrollmentToken: 'write',
  listEnrollmentTokens: 'read',

  readKept: 'read',
  keepAnswer: 'write',
  forgetKeys: 'write',

  readStats: 'read',
  readMeasures: 'read',
  startServer: 'write',
  readFutureFence: 'read',
  readWorkStopped: 'read',
  setWorkStopped: 'write',
  probe: 'write',
  recordAudit: 'write',

  beginAfterRestore: 'write',
  endRestored: 'write',
  readPassed: 'read',
  skipPassed: 'write',

  sweepRuns: 'write',
  sweepAudit: 'write',
  sweepDeleted: 'write',
  sweepCredentials: 'write',
  sweepStats: 'write',
  giveBackSpace: 'write',
  sweepOutput: 'output-write',
  giveBackOutputSpace: 'output-write',

  appendOutput: 'output-write',
  readOutput: 'output-read',
} as const satisfies { readonly [K in VerbName]: VerbKind }

/** Verbs that go before all others of a batch: a client keeps a result until it is acknowledged. */
export const FIRST: ReadonlySet<string> = new Set<VerbName>(['storeResults'])
