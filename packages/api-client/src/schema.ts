// Written by `npm run generate -w packages/api-client` from the protocol's OpenAPI document. Do not edit: edit the protocol.
/* oxlint-disable max-lines -- as long as the API */

// oxfmt-ignore
export interface Operations {
  /** Make the first administrator with the one-time token that the server printed. */
  setup: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      token: string
      name: string
      password: string
    }
    answer: {
      name: string
      role: 'viewer' | 'operator' | 'admin'
      by: 'session' | 'token'
      csrfToken: string | null
    }
  }
  /** Sign in with name and password. */
  login: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      name: string
      password: string
    }
    answer: {
      name: string
      role: 'viewer' | 'operator' | 'admin'
      by: 'session' | 'token'
      csrfToken: string | null
    }
  }
  /** Sign in with the token of a one-time link. */
  loginLink: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      token: string
    }
    answer: {
      name: string
      role: 'viewer' | 'operator' | 'admin'
      by: 'session' | 'token'
      csrfToken: string | null
    }
  }
  /** End this session. */
  logout: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Who is signed in. */
  me: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      name: string
      role: 'viewer' | 'operator' | 'admin'
      by: 'session' | 'token'
      csrfToken: string | null
    }
  }
  /** Your API tokens. */
  listApiTokens: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        name: string
        role: 'viewer' | 'operator' | 'admin'
        user: string
        prefix: string
        createdAt: string
        expiresAt: string
        lastUsedAt: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Make an API token; its text is shown this once. */
  createApiToken: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      name: string
      role: 'viewer' | 'operator' | 'admin'
      expiresInSeconds?: number | undefined
    }
    answer: {
      id: string
      name: string
      role: 'viewer' | 'operator' | 'admin'
      user: string
      prefix: string
      createdAt: string
      expiresAt: string
      lastUsedAt: string | null
      token: string
    }
  }
  /** Revoke an API token. */
  deleteApiToken: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Users. */
  listUsers: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      deleted?: boolean | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        name: string
        displayName: string
        role: 'viewer' | 'operator' | 'admin' | null
        canSignIn: boolean
        disabled: boolean
        clients: number
        createdAt: string
        deletedAt: string | null
        revision: number
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Make a user. */
  createUser: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      name: string
      displayName?: string | undefined
      role?: 'viewer' | 'operator' | 'admin' | undefined
      password?: string | undefined
    }
    answer: {
      name: string
      displayName: string
      role: 'viewer' | 'operator' | 'admin' | null
      canSignIn: boolean
      disabled: boolean
      clients: number
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** One user. */
  getUser: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      name: string
      displayName: string
      role: 'viewer' | 'operator' | 'admin' | null
      canSignIn: boolean
      disabled: boolean
      clients: number
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Change a user; disabling ends sessions and tokens. */
  changeUser: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: true
    body: {
      displayName?: string | undefined
      role?: 'viewer' | 'operator' | 'admin' | null | undefined
      password?: string | undefined
      disabled?: boolean | undefined
    }
    answer: {
      name: string
      displayName: string
      role: 'viewer' | 'operator' | 'admin' | null
      canSignIn: boolean
      disabled: boolean
      clients: number
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Delete a user who owns no client; ends sessions and tokens. */
  deleteUser: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Bring back a deleted user; tokens stay revoked. */
  restoreUser: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      name: string
      displayName: string
      role: 'viewer' | 'operator' | 'admin' | null
      canSignIn: boolean
      disabled: boolean
      clients: number
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Enrolment tokens that can still be used. */
  listEnrollmentTokens: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        user: string | null
        approves: boolean
        usesLeft: number
        expiresAt: string
        createdAt: string
        createdBy: string
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Make an enrolment token; its text is shown this once. */
  createEnrollmentToken: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      user?: string | undefined
      approves?: boolean | undefined
      maxUses?: number | undefined
      expiresInSeconds?: number | undefined
    }
    answer: {
      id: string
      user: string | null
      approves: boolean
      usesLeft: number
      expiresAt: string
      createdAt: string
      createdBy: string
      token: string
      command: string
      install: {
        sh: string
        powershell: string
        targets: string[]
      } | null
    }
  }
  /** Revoke an enrolment token. */
  deleteEnrollmentToken: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Clients. */
  listClients: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      deleted?: boolean | undefined
      status?: 'pending' | 'approved' | 'revoked' | undefined
      presence?: 'online' | 'offline' | undefined
      user?: string | undefined
      name?: string | undefined
      label?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        name: string
        user: string | null
        status: 'pending' | 'approved' | 'revoked'
        presence: 'online' | 'offline'
        draining: boolean
        labels: string[]
        version: string
        fingerprint: string
        reported: {
          hostName: string
          os: string
          arch: string
          account: string
          wishedUser: string | null
          labels: string[]
        } | null
        runtimes: ({
          language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
          version: string
        })[]
        slots: {
          total: number
          used: number
        } | null
        slotsLimit: number | null
        plugins: {
          manifestRevision: number
          inSync: boolean
          missing: number
        }
        lastSeenAt: string | null
        createdAt: string
        deletedAt: string | null
        revision: number
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** One client. */
  getClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Change name, user, labels or the limit of slots of a client. */
  changeClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: true
    body: {
      name?: string | undefined
      user?: string | null | undefined
      labels?: string[] | undefined
      slotsLimit?: number | null | undefined
    }
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Delete a client that has no work in hand; what waits for it is cancelled. */
  deleteClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Bring back a deleted client. */
  restoreClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Let a waiting client work, and bind it to a user. */
  approveClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: {
      user?: string | undefined
    }
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Shut a client out for good. */
  revokeClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Give a client no new work. */
  drainClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Give a drained client work again. */
  resumeClient: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      user: string | null
      status: 'pending' | 'approved' | 'revoked'
      presence: 'online' | 'offline'
      draining: boolean
      labels: string[]
      version: string
      fingerprint: string
      reported: {
        hostName: string
        os: string
        arch: string
        account: string
        wishedUser: string | null
        labels: string[]
      } | null
      runtimes: ({
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: string
      })[]
      slots: {
        total: number
        used: number
      } | null
      slotsLimit: number | null
      plugins: {
        manifestRevision: number
        inSync: boolean
        missing: number
      }
      lastSeenAt: string | null
      createdAt: string
      deletedAt: string | null
      revision: number
    }
  }
  /** Plugins. */
  listPlugins: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      deleted?: boolean | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        name: string
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        version: number
        checksum: string
        sizeBytes: number
        actions: ({
          name: string
          doc: string
          async: boolean
          parameters: ({
            name: string
            kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
            type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
            required: boolean
            hasDefault: boolean
            default?: unknown
          })[]
        })[]
        doc: string
        coverage: {
          have: number
          of: number
        }
        problem: string | null
        updatedAt: string
        updatedBy: string
        deletedAt: string | null
        revision: number
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
      inboxProblems: {
        file: string
        problem: string
        since: string
      }[]
    }
  }
  /** One plugin with its source. */
  getPlugin: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      name: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      version: number
      checksum: string
      sizeBytes: number
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      coverage: {
        have: number
        of: number
      }
      problem: string | null
      updatedAt: string
      updatedBy: string
      deletedAt: string | null
      revision: number
      source: string
    }
  }
  /** Publish a version of a plugin; it is current at once. */
  putPlugin: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: {
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      source: string
    }
    answer: {
      name: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      version: number
      checksum: string
      sizeBytes: number
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      coverage: {
        have: number
        of: number
      }
      problem: string | null
      updatedAt: string
      updatedBy: string
      deletedAt: string | null
      revision: number
      source: string
    }
  }
  /** Delete a plugin that no task uses. */
  deletePlugin: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Bring back a deleted plugin with its versions. */
  restorePlugin: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      name: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      version: number
      checksum: string
      sizeBytes: number
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      coverage: {
        have: number
        of: number
      }
      problem: string | null
      updatedAt: string
      updatedBy: string
      deletedAt: string | null
      revision: number
      source: string
    }
  }
  /** Read a source: its actions, parameters and problems; stores nothing. */
  checkPlugin: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      source: string
    }
    answer: {
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      problems: {
        line: number
        column: number
        message: string
      }[]
    }
  }
  /** Versions of a plugin, newest first. */
  listPluginVersions: {
    params: {
      name: string
    }
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        version: number
        checksum: string
        language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
        sizeBytes: number
        createdAt: string
        createdBy: string
        state: 'current' | 'superseded'
        basedOn: number | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Publish a version that was made from the current one; refused if somebody was faster. */
  createPluginVersion: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: {
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      source: string
      basedOn: string | null
    }
    answer: {
      name: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      version: number
      checksum: string
      sizeBytes: number
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      coverage: {
        have: number
        of: number
      }
      problem: string | null
      updatedAt: string
      updatedBy: string
      deletedAt: string | null
      revision: number
      source: string
    }
  }
  /** One version of a plugin with its source. */
  getPluginVersion: {
    params: {
      name: string
      version: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      version: number
      checksum: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      sizeBytes: number
      createdAt: string
      createdBy: string
      state: 'current' | 'superseded'
      basedOn: number | null
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      source: string
    }
  }
  /** Roll back: make the bytes of an old version current, under a new number. */
  setCurrentVersion: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: true
    body: {
      checksum: string
    }
    answer: {
      name: string
      language: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell'
      version: number
      checksum: string
      sizeBytes: number
      actions: ({
        name: string
        doc: string
        async: boolean
        parameters: ({
          name: string
          kind: 'positional' | 'rest' | 'named-only' | 'named-rest'
          type: 'string' | 'integer' | 'number' | 'boolean' | 'list' | 'object' | 'unknown'
          required: boolean
          hasDefault: boolean
          default?: unknown
        })[]
      })[]
      doc: string
      coverage: {
        have: number
        of: number
      }
      problem: string | null
      updatedAt: string
      updatedBy: string
      deletedAt: string | null
      revision: number
      source: string
    }
  }
  /** Run a source on one client without publishing it. */
  tryPlugin: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: {
      client: string
      source?: string | undefined
      language?: 'python' | 'typescript' | 'javascript' | 'shell' | 'powershell' | undefined
      action?: string | undefined
      args?: unknown[] | undefined
      kwargs?: Record<string, unknown> | undefined
      timeoutSeconds?: number | undefined
    }
    answer: {
      id: string
      run: string
      task: {
        id: string
        name: string
      }
      plugin: {
        name: string
        version: number | null
        checksum: string
      }
      action: string
      try: boolean
      slot: {
        kind: 'client' | 'user' | 'any'
        value: string
        label: string
      }
      client: {
        id: string
        name: string
      } | null
      state: 'queued' | 'assigned' | 'running' | 'disconnected' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped'
      reason: string | null
      attempt: number
      cancelRequestedAt: string | null
      dueAt: string
      queuedAt: string
      assignedAt: string | null
      startedAt: string | null
      endedAt: string | null
      endsAtLatest: string | null
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      onDisconnect: 'stop' | 'continue'
      notBefore: string | null
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      attempts: ({
        attempt: number
        fence: number
        client: {
          id: string
          name: string
        }
        end: 'failed' | 'timed-out' | 'lost'
        reason: string
        proved: boolean
        assignedAt: string | null
        startedAt: string | null
        endedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        } | null
      })[]
      args: unknown[]
      kwargs: Record<string, unknown>
      fence: number | null
      progress: {
        fraction: number | null
        text: string
      } | null
      outputBytes: number
      result: {
        value?: unknown
        kind: 'json' | 'text'
        error: {
          message: string
          type: string
          stack: string
        } | null
        cut: {
          output: boolean
          value: boolean
        }
      } | null
      lateResults: ({
        attempt: number
        fence: number
        end: string
        reason: string
        client: string
        receivedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        }
      })[]
    }
  }
  /** Which clients have which version. */
  getPluginSync: {
    params: {
      name: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      checksum: string
      have: number
      of: number
      offline: number
      missing: {
        client: string
        name: string
        reason: string
      }[]
      versions: ({
        version: number
        checksum: string
        state: 'current' | 'superseded'
        have: number
        openRuns: number
      })[]
    }
  }
  /** Tasks, newest first. */
  listTasks: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      deleted?: boolean | undefined
      status?: 'created' | 'active' | 'completed' | undefined
      plugin?: string | undefined
      owner?: 'all' | 'anyone' | 'user' | undefined
      type?: 'ad-hoc' | 'scheduled' | undefined
      sort?: 'newest' | 'next-run' | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        name: string
        plugin: string
        action: string
        args: unknown[]
        kwargs: Record<string, unknown>
        owner: 'all' | 'anyone' | 'user'
        user: string | null
        type: 'ad-hoc' | 'scheduled'
        startAt: string | null
        endAt: string | null
        intervalSeconds: number | null
        cron: string | null
        timeZone: string | null
        scheduleText: string
        timeoutSeconds: number
        deadlineSeconds: number | null
        onDisconnect: 'stop' | 'continue'
        retry: {
          maxAttempts: number
          backoffSeconds: number
          on: ('failed' | 'timed-out' | 'lost')[]
        }
        catchUp: 'none' | 'last' | 'all'
        overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
        priority: number
        status: 'created' | 'active' | 'completed'
        outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
        paused: boolean
        pausedAt: string | null
        nextRunAt: string | null
        missed: {
          count: number
          last: {
            from: string
            to: string
            count: number
            reason: 'outage' | 'work-stopped' | 'disk-full'
          } | null
        }
        waitingFor: {
          code: string
          text: string
          since: string
        }[]
        counts: {
          total: number
          queued: number
          assigned: number
          running: number
          disconnected: number
          succeeded: number
          failed: number
          'timed-out': number
          cancelled: number
          expired: number
          lost: number
          skipped: number
        }
        lastRun: string | null
        revision: number
        createdAt: string
        createdBy: string
        deletedAt: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Create a task. */
  createTask: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      name?: string | undefined
      plugin: string
      action?: string | undefined
      args?: unknown[] | undefined
      kwargs?: Record<string, unknown> | undefined
      owner: 'all' | 'anyone' | 'user'
      user?: string | undefined
      type: 'ad-hoc' | 'scheduled'
      startAt?: string | undefined
      endAt?: string | undefined
      intervalSeconds?: number | undefined
      cron?: string | undefined
      timeZone?: string | undefined
      timeoutSeconds?: number | undefined
      deadlineSeconds?: number | undefined
      onDisconnect?: 'stop' | 'continue' | undefined
      retry?: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      } | undefined
      catchUp?: 'none' | 'last' | 'all' | undefined
      overlap?: 'skip' | 'queue' | 'allow' | 'cancel-previous' | undefined
      priority?: number | undefined
      where?: unknown
      reach?: unknown
      after?: unknown
      items?: unknown
    }
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** One task. */
  getTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** Delete a task that has nothing at work; its runs stay in the lists of runs. */
  deleteTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Change a task: runs that are made from now on follow it. */
  changeTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: true
    body: {
      name?: string | undefined
      plugin?: string | undefined
      action?: string | undefined
      args?: unknown[] | undefined
      kwargs?: Record<string, unknown> | undefined
      owner?: 'all' | 'anyone' | 'user' | undefined
      user?: string | null | undefined
      startAt?: string | undefined
      endAt?: string | null | undefined
      intervalSeconds?: number | undefined
      cron?: string | undefined
      timeZone?: string | undefined
      timeoutSeconds?: number | null | undefined
      deadlineSeconds?: number | null | undefined
      onDisconnect?: 'stop' | 'continue' | null | undefined
      retry?: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      } | null | undefined
      catchUp?: 'none' | 'last' | 'all' | undefined
      overlap?: 'skip' | 'queue' | 'allow' | 'cancel-previous' | undefined
      priority?: number | undefined
      where?: unknown
      reach?: unknown
      after?: unknown
      items?: unknown
    }
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** Bring back a deleted task; a schedule comes back paused. */
  restoreTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** Plan no further runs until the task is resumed; what runs goes on. */
  pauseTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** Plan again from now on; what was due meanwhile is not made up for. */
  resumeTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** The next times of a schedule, and what it says in words. */
  previewSchedule: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      startAt?: string | undefined
      endAt?: string | undefined
      intervalSeconds?: number | undefined
      cron?: string | undefined
      timeZone?: string | undefined
      after?: string | undefined
      count?: number | undefined
    }
    answer: {
      text: string
      timeZone: string
      times: {
        at: string
        local: string
        moved: boolean
      }[]
      complete: boolean
    }
  }
  /** End a schedule: no more runs; what runs goes on. */
  endTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** End a task and cancel its active runs. */
  cancelTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      plugin: string
      action: string
      args: unknown[]
      kwargs: Record<string, unknown>
      owner: 'all' | 'anyone' | 'user'
      user: string | null
      type: 'ad-hoc' | 'scheduled'
      startAt: string | null
      endAt: string | null
      intervalSeconds: number | null
      cron: string | null
      timeZone: string | null
      scheduleText: string
      timeoutSeconds: number
      deadlineSeconds: number | null
      onDisconnect: 'stop' | 'continue'
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      catchUp: 'none' | 'last' | 'all'
      overlap: 'skip' | 'queue' | 'allow' | 'cancel-previous'
      priority: number
      status: 'created' | 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      paused: boolean
      pausedAt: string | null
      nextRunAt: string | null
      missed: {
        count: number
        last: {
          from: string
          to: string
          count: number
          reason: 'outage' | 'work-stopped' | 'disk-full'
        } | null
      }
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      lastRun: string | null
      revision: number
      createdAt: string
      createdBy: string
      deletedAt: string | null
    }
  }
  /** Runs of a task, newest first. */
  listTaskRuns: {
    params: {
      id: string
    }
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        task: {
          id: string
          name: string
          plugin: string
          action: string
        }
        occurrence: string
        dueAt: string
        cause: {
          kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
          by: string | null
          of: string | null
        }
        status: 'active' | 'completed'
        outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
        note: string | null
        try: boolean
        audienceSize: number
        counts: {
          total: number
          queued: number
          assigned: number
          running: number
          disconnected: number
          succeeded: number
          failed: number
          'timed-out': number
          cancelled: number
          expired: number
          lost: number
          skipped: number
        }
        cancelRequestedAt: string | null
        createdAt: string
        endedAt: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Run a task now. */
  runTask: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: {
      args?: unknown[] | undefined
      kwargs?: Record<string, unknown> | undefined
    }
    answer: {
      id: string
      task: {
        id: string
        name: string
        plugin: string
        action: string
      }
      occurrence: string
      dueAt: string
      cause: {
        kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
        by: string | null
        of: string | null
      }
      status: 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      note: string | null
      try: boolean
      audienceSize: number
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      cancelRequestedAt: string | null
      createdAt: string
      endedAt: string | null
    }
  }
  /** How many clients each owner reaches now. */
  getReach: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      all: number
      anyone: number
      users: {
        user: string
        clients: string[]
        online: boolean
      }[]
    }
  }
  /** Runs, newest first. */
  listRuns: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      task?: string | undefined
      status?: 'active' | 'completed' | undefined
      outcome?: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | undefined
      from?: string | undefined
      to?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        task: {
          id: string
          name: string
          plugin: string
          action: string
        }
        occurrence: string
        dueAt: string
        cause: {
          kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
          by: string | null
          of: string | null
        }
        status: 'active' | 'completed'
        outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
        note: string | null
        try: boolean
        audienceSize: number
        counts: {
          total: number
          queued: number
          assigned: number
          running: number
          disconnected: number
          succeeded: number
          failed: number
          'timed-out': number
          cancelled: number
          expired: number
          lost: number
          skipped: number
        }
        cancelRequestedAt: string | null
        createdAt: string
        endedAt: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** One run. */
  getRun: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      task: {
        id: string
        name: string
        plugin: string
        action: string
      }
      occurrence: string
      dueAt: string
      cause: {
        kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
        by: string | null
        of: string | null
      }
      status: 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      note: string | null
      try: boolean
      audienceSize: number
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      cancelRequestedAt: string | null
      createdAt: string
      endedAt: string | null
    }
  }
  /** Ask to cancel every execution of a run that has not ended. */
  cancelRun: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      task: {
        id: string
        name: string
        plugin: string
        action: string
      }
      occurrence: string
      dueAt: string
      cause: {
        kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
        by: string | null
        of: string | null
      }
      status: 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      note: string | null
      try: boolean
      audienceSize: number
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      cancelRequestedAt: string | null
      createdAt: string
      endedAt: string | null
    }
  }
  /** Ends of a run, equal ones counted together. */
  listRunResults: {
    params: {
      id: string
    }
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        digest: string
        count: number
        state: 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped'
        sample: {
          execution: string
          slot: {
            kind: 'client' | 'user' | 'any'
            value: string
            label: string
          }
          client: {
            id: string
            name: string
          } | null
          reason: string | null
          preview: string | null
          error: {
            message: string
            type: string
          } | null
          cut: boolean
        }
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** All executions of a run with their results, for a spreadsheet. */
  downloadRunCsv: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: string
  }
  /** All executions of a run with their results, as JSON. */
  downloadRunJson: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: string
  }
  /** Try again what did not succeed: a new run for those slots. */
  retryRun: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      task: {
        id: string
        name: string
        plugin: string
        action: string
      }
      occurrence: string
      dueAt: string
      cause: {
        kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
        by: string | null
        of: string | null
      }
      status: 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      note: string | null
      try: boolean
      audienceSize: number
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      cancelRequestedAt: string | null
      createdAt: string
      endedAt: string | null
    }
  }
  /** Executions, newest first. */
  listExecutions: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      task?: string | undefined
      run?: string | undefined
      client?: string | undefined
      user?: string | undefined
      state?: 'queued' | 'assigned' | 'running' | 'disconnected' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped' | undefined
      digest?: string | undefined
      from?: string | undefined
      to?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        run: string
        task: {
          id: string
          name: string
        }
        plugin: {
          name: string
          version: number | null
          checksum: string
        }
        action: string
        try: boolean
        slot: {
          kind: 'client' | 'user' | 'any'
          value: string
          label: string
        }
        client: {
          id: string
          name: string
        } | null
        state: 'queued' | 'assigned' | 'running' | 'disconnected' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped'
        reason: string | null
        attempt: number
        cancelRequestedAt: string | null
        dueAt: string
        queuedAt: string
        assignedAt: string | null
        startedAt: string | null
        endedAt: string | null
        endsAtLatest: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** One execution with its result. */
  getExecution: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      run: string
      task: {
        id: string
        name: string
      }
      plugin: {
        name: string
        version: number | null
        checksum: string
      }
      action: string
      try: boolean
      slot: {
        kind: 'client' | 'user' | 'any'
        value: string
        label: string
      }
      client: {
        id: string
        name: string
      } | null
      state: 'queued' | 'assigned' | 'running' | 'disconnected' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped'
      reason: string | null
      attempt: number
      cancelRequestedAt: string | null
      dueAt: string
      queuedAt: string
      assignedAt: string | null
      startedAt: string | null
      endedAt: string | null
      endsAtLatest: string | null
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      onDisconnect: 'stop' | 'continue'
      notBefore: string | null
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      attempts: ({
        attempt: number
        fence: number
        client: {
          id: string
          name: string
        }
        end: 'failed' | 'timed-out' | 'lost'
        reason: string
        proved: boolean
        assignedAt: string | null
        startedAt: string | null
        endedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        } | null
      })[]
      args: unknown[]
      kwargs: Record<string, unknown>
      fence: number | null
      progress: {
        fraction: number | null
        text: string
      } | null
      outputBytes: number
      result: {
        value?: unknown
        kind: 'json' | 'text'
        error: {
          message: string
          type: string
          stack: string
        } | null
        cut: {
          output: boolean
          value: boolean
        }
      } | null
      lateResults: ({
        attempt: number
        fence: number
        end: string
        reason: string
        client: string
        receivedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        }
      })[]
    }
  }
  /** Why an execution is where it is: the chain of facts, and what can come next. */
  whyExecution: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      summary: string
      steps: ({
        code: string
        text: string
        at: string | null
        clock: 'server' | 'client'
        state: 'done' | 'now' | 'never' | 'next'
      })[]
      clockSkewMs: number | null
      clockSkewFrom: 'output' | 'heartbeat' | null
    }
  }
  /** Why a client has, or has not, done the newest run of a task. */
  whyClient: {
    params: undefined
    query: {
      task: string
      client: string
    }
    needsRevision: false
    body: undefined
    answer: {
      summary: string
      steps: ({
        code: string
        text: string
        at: string | null
        clock: 'server' | 'client'
        state: 'done' | 'now' | 'never' | 'next'
      })[]
      clockSkewMs: number | null
      clockSkewFrom: 'output' | 'heartbeat' | null
    }
  }
  /** Ask to cancel an execution. */
  cancelExecution: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      run: string
      task: {
        id: string
        name: string
      }
      plugin: {
        name: string
        version: number | null
        checksum: string
      }
      action: string
      try: boolean
      slot: {
        kind: 'client' | 'user' | 'any'
        value: string
        label: string
      }
      client: {
        id: string
        name: string
      } | null
      state: 'queued' | 'assigned' | 'running' | 'disconnected' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'expired' | 'lost' | 'skipped'
      reason: string | null
      attempt: number
      cancelRequestedAt: string | null
      dueAt: string
      queuedAt: string
      assignedAt: string | null
      startedAt: string | null
      endedAt: string | null
      endsAtLatest: string | null
      retry: {
        maxAttempts: number
        backoffSeconds: number
        on: ('failed' | 'timed-out' | 'lost')[]
      }
      onDisconnect: 'stop' | 'continue'
      notBefore: string | null
      waitingFor: {
        code: string
        text: string
        since: string
      }[]
      attempts: ({
        attempt: number
        fence: number
        client: {
          id: string
          name: string
        }
        end: 'failed' | 'timed-out' | 'lost'
        reason: string
        proved: boolean
        assignedAt: string | null
        startedAt: string | null
        endedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        } | null
      })[]
      args: unknown[]
      kwargs: Record<string, unknown>
      fence: number | null
      progress: {
        fraction: number | null
        text: string
      } | null
      outputBytes: number
      result: {
        value?: unknown
        kind: 'json' | 'text'
        error: {
          message: string
          type: string
          stack: string
        } | null
        cut: {
          output: boolean
          value: boolean
        }
      } | null
      lateResults: ({
        attempt: number
        fence: number
        end: string
        reason: string
        client: string
        receivedAt: string
        result: {
          value?: unknown
          kind: 'json' | 'text'
          error: {
            message: string
            type: string
            stack: string
          } | null
          cut: {
            output: boolean
            value: boolean
          }
        }
      })[]
    }
  }
  /** Do it again for the same slot: a new run; the execution has ended. */
  retryExecution: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      task: {
        id: string
        name: string
        plugin: string
        action: string
      }
      occurrence: string
      dueAt: string
      cause: {
        kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
        by: string | null
        of: string | null
      }
      status: 'active' | 'completed'
      outcome: 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'expired' | 'skipped' | null
      note: string | null
      try: boolean
      audienceSize: number
      counts: {
        total: number
        queued: number
        assigned: number
        running: number
        disconnected: number
        succeeded: number
        failed: number
        'timed-out': number
        cancelled: number
        expired: number
        lost: number
        skipped: number
      }
      cancelRequestedAt: string | null
      createdAt: string
      endedAt: string | null
    }
  }
  /** Output from a byte on; with raw=1 the whole text as a download. */
  getOutput: {
    params: {
      id: string
    }
    query: {
      from?: number | undefined
      raw?: '1' | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      attempt: number | null
      items: ({
        offset: number
        stream: 'stdout' | 'stderr' | 'log'
        at: string
        text: string
      })[]
      next: number
      complete: boolean
    }
  }
  /** Counters of the overview. */
  getStats: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      clients: {
        known: number
        online: number
        pending: number
      }
      executions: {
        queued: number
        assigned: number
        running: number
        disconnected: number
      }
      last24h: {
        succeeded: number
        failed: number
        runs: number
      }
      tasks: {
        created: number
        active: number
        completed: number
      }
      plugins: {
        total: number
        inSync: number
      }
      needsYou: ({
        kind: 'clients-vanished' | 'tasks-expired' | 'plugins-failing' | 'clients-pending' | 'work-stopped'
        count: number
        items: {
          id: string
          name: string
          since: string
        }[]
      })[]
      workStopped: boolean
      version: string
    }
  }
  /** Runs over time by outcome. */
  getRunStats: {
    params: undefined
    query: {
      from?: string | undefined
      to?: string | undefined
      buckets?: number | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      from: string
      to: string
      bucketSeconds: number
      items: {
        at: string
        active: number
        succeeded: number
        'partly-failed': number
        failed: number
        cancelled: number
        expired: number
        skipped: number
      }[]
    }
  }
  /** Tasks, plugins, clients and users by part of their name; also runs and executions by the beginning of their id. */
  search: {
    params: undefined
    query: {
      q: string
      kind?: 'task' | 'plugin' | 'client' | 'user' | 'run' | 'execution' | undefined
      limit?: number | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        kind: 'task' | 'plugin' | 'client' | 'user' | 'run' | 'execution'
        id: string
        name: string
        detail: string
      })[]
      more: ('task' | 'plugin' | 'client' | 'user' | 'run' | 'execution')[]
    }
  }
  /** The audit trail, newest first. */
  listAudit: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      actor?: string | undefined
      action?: string | undefined
      subject?: string | undefined
      from?: string | undefined
      to?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        at: string
        actor: {
          kind: 'user' | 'token' | 'client' | 'system'
          name: string
        }
        action: string
        subject: string
        details: Record<string, unknown>
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** What is set, and the limits of this version. */
  getSettings: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      retention: {
        executionsDays: number
        outputDays: number
        auditDays: number
      }
      revision: number
      changedAt: string | null
      changedBy: string | null
      limits: {
        name: string
        value: number
        unit: string
      }[]
    }
  }
  /** Change settings while the server runs. */
  changeSettings: {
    params: undefined
    query: undefined
    needsRevision: true
    body: {
      retention?: {
        executionsDays?: number | undefined
        outputDays?: number | undefined
        auditDays?: number | undefined
      } | undefined
    }
    answer: {
      retention: {
        executionsDays: number
        outputDays: number
        auditDays: number
      }
      revision: number
      changedAt: string | null
      changedBy: string | null
      limits: {
        name: string
        value: number
        unit: string
      }[]
    }
  }
  /** Server-Sent Events: which topics have news. */
  events: {
    params: undefined
    query: {
      topics: string
    }
    needsRevision: false
    body: undefined
    answer: string
  }
  /** Whether the brake is on, and why. */
  getBrake: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      on: boolean
      reason: 'clients-vanished' | 'server-started' | 'server-paused' | null
      since: string | null
      endsAt: string | null
      gone: number
      back: number
      futureFence: {
        client: string
        fence: number
        since: string
      } | null
    }
  }
  /** Let go of the brake: what is out of contact is lost, or given to others, by its times again. */
  releaseBrake: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      on: boolean
      reason: 'clients-vanished' | 'server-started' | 'server-paused' | null
      since: string | null
      endsAt: string | null
      gone: number
      back: number
      futureFence: {
        client: string
        fence: number
        since: string
      } | null
    }
  }
  /** Plan nothing, hand out nothing, cancel everything that has not ended. */
  stopAllWork: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      workStopped: boolean
      cancelled: number
    }
  }
  /** Plan and hand out again. */
  resumeAllWork: {
    params: undefined
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      workStopped: boolean
      cancelled: number
    }
  }
  /** Whom and what failures are told. */
  listNotificationTargets: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        name: string
        kind: 'webhook' | 'e-mail'
        url: string | null
        signed: boolean
        recipients: string[]
        events: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[]
        tasks: string[] | null
        enabled: boolean
        lastSentAt: string | null
        problem: string | null
        revision: number
        createdAt: string
        createdBy: string
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Tell a webhook, or people by e-mail. */
  createNotificationTarget: {
    params: undefined
    query: undefined
    needsRevision: false
    body: {
      name: string
      kind: 'webhook' | 'e-mail'
      url?: string | undefined
      secret?: string | undefined
      recipients?: string[] | undefined
      events?: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[] | undefined
      tasks?: string[] | null | undefined
      enabled?: boolean | undefined
    }
    answer: {
      id: string
      name: string
      kind: 'webhook' | 'e-mail'
      url: string | null
      signed: boolean
      recipients: string[]
      events: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[]
      tasks: string[] | null
      enabled: boolean
      lastSentAt: string | null
      problem: string | null
      revision: number
      createdAt: string
      createdBy: string
    }
  }
  /** One target. */
  getNotificationTarget: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      name: string
      kind: 'webhook' | 'e-mail'
      url: string | null
      signed: boolean
      recipients: string[]
      events: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[]
      tasks: string[] | null
      enabled: boolean
      lastSentAt: string | null
      problem: string | null
      revision: number
      createdAt: string
      createdBy: string
    }
  }
  /** Change a target; a secret can be replaced, never read. */
  changeNotificationTarget: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: true
    body: {
      name?: string | undefined
      url?: string | undefined
      secret?: string | null | undefined
      recipients?: string[] | undefined
      events?: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[] | undefined
      tasks?: string[] | null | undefined
      enabled?: boolean | undefined
    }
    answer: {
      id: string
      name: string
      kind: 'webhook' | 'e-mail'
      url: string | null
      signed: boolean
      recipients: string[]
      events: ('failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished')[]
      tasks: string[] | null
      enabled: boolean
      lastSentAt: string | null
      problem: string | null
      revision: number
      createdAt: string
      createdBy: string
    }
  }
  /** Delete a target and the messages that wait for it. */
  deleteNotificationTarget: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: undefined
  }
  /** Send a test message now, and say what became of it. */
  testNotificationTarget: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      delivered: boolean
      problem: string | null
      tookMs: number
    }
  }
  /** Messages that wait, were sent, or could not be sent for a day. */
  listNotificationMessages: {
    params: undefined
    query: {
      limit?: number | undefined
      cursor?: string | undefined
      state?: 'waiting' | 'sent' | 'dead' | undefined
      target?: string | undefined
    }
    needsRevision: false
    body: undefined
    answer: {
      items: ({
        id: string
        target: {
          id: string
          name: string
        }
        state: 'waiting' | 'sent' | 'dead'
        notices: ({
          event: 'failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished'
          count: number
          firstAt: string
          lastAt: string
          task: {
            id: string
            name: string
          } | null
          run: string | null
          client: {
            id: string
            name: string
          } | null
          execution: string | null
        })[]
        more: number
        tries: number
        problem: string | null
        createdAt: string
        nextTryAt: string | null
        endedAt: string | null
      })[]
      nextCursor: string | null
      total: {
        value: number
        exact: boolean
      }
    }
  }
  /** Try a dead message again, for another day. */
  retryNotificationMessage: {
    params: {
      id: string
    }
    query: undefined
    needsRevision: false
    body: undefined
    answer: {
      id: string
      target: {
        id: string
        name: string
      }
      state: 'waiting' | 'sent' | 'dead'
      notices: ({
        event: 'failed' | 'timed-out' | 'expired' | 'lost' | 'client-vanished'
        count: number
        firstAt: string
        lastAt: string
        task: {
          id: string
          name: string
        } | null
        run: string | null
        client: {
          id: string
          name: string
        } | null
        execution: string | null
      })[]
      more: number
      tries: number
      problem: string | null
      createdAt: string
      nextTryAt: string | null
      endedAt: string | null
    }
  }
}

// oxfmt-ignore
export const OPERATIONS = {
  setup: ['POST', '/api/v1/setup'],
  login: ['POST', '/api/v1/login'],
  loginLink: ['POST', '/api/v1/login-link'],
  logout: ['POST', '/api/v1/logout'],
  me: ['GET', '/api/v1/me'],
  listApiTokens: ['GET', '/api/v1/tokens'],
  createApiToken: ['POST', '/api/v1/tokens'],
  deleteApiToken: ['DELETE', '/api/v1/tokens/{id}'],
  listUsers: ['GET', '/api/v1/users'],
  createUser: ['POST', '/api/v1/users'],
  getUser: ['GET', '/api/v1/users/{name}'],
  changeUser: ['PATCH', '/api/v1/users/{name}'],
  deleteUser: ['DELETE', '/api/v1/users/{name}'],
  restoreUser: ['POST', '/api/v1/users/{name}/restore'],
  listEnrollmentTokens: ['GET', '/api/v1/enrollment-tokens'],
  createEnrollmentToken: ['POST', '/api/v1/enrollment-tokens'],
  deleteEnrollmentToken: ['DELETE', '/api/v1/enrollment-tokens/{id}'],
  listClients: ['GET', '/api/v1/clients'],
  getClient: ['GET', '/api/v1/clients/{id}'],
  changeClient: ['PATCH', '/api/v1/clients/{id}'],
  deleteClient: ['DELETE', '/api/v1/clients/{id}'],
  restoreClient: ['POST', '/api/v1/clients/{id}/restore'],
  approveClient: ['POST', '/api/v1/clients/{id}/approve'],
  revokeClient: ['POST', '/api/v1/clients/{id}/revoke'],
  drainClient: ['POST', '/api/v1/clients/{id}/drain'],
  resumeClient: ['POST', '/api/v1/clients/{id}/resume'],
  listPlugins: ['GET', '/api/v1/plugins'],
  getPlugin: ['GET', '/api/v1/plugins/{name}'],
  putPlugin: ['PUT', '/api/v1/plugins/{name}'],
  deletePlugin: ['DELETE', '/api/v1/plugins/{name}'],
  restorePlugin: ['POST', '/api/v1/plugins/{name}/restore'],
  checkPlugin: ['POST', '/api/v1/plugins/check'],
  listPluginVersions: ['GET', '/api/v1/plugins/{name}/versions'],
  createPluginVersion: ['POST', '/api/v1/plugins/{name}/versions'],
  getPluginVersion: ['GET', '/api/v1/plugins/{name}/versions/{version}'],
  setCurrentVersion: ['PUT', '/api/v1/plugins/{name}/current'],
  tryPlugin: ['POST', '/api/v1/plugins/{name}/try'],
  getPluginSync: ['GET', '/api/v1/plugins/{name}/sync'],
  listTasks: ['GET', '/api/v1/tasks'],
  createTask: ['POST', '/api/v1/tasks'],
  getTask: ['GET', '/api/v1/tasks/{id}'],
  deleteTask: ['DELETE', '/api/v1/tasks/{id}'],
  changeTask: ['PATCH', '/api/v1/tasks/{id}'],
  restoreTask: ['POST', '/api/v1/tasks/{id}/restore'],
  pauseTask: ['POST', '/api/v1/tasks/{id}/pause'],
  resumeTask: ['POST', '/api/v1/tasks/{id}/resume'],
  previewSchedule: ['POST', '/api/v1/schedule/preview'],
  endTask: ['POST', '/api/v1/tasks/{id}/end'],
  cancelTask: ['POST', '/api/v1/tasks/{id}/cancel'],
  listTaskRuns: ['GET', '/api/v1/tasks/{id}/runs'],
  runTask: ['POST', '/api/v1/tasks/{id}/runs'],
  getReach: ['GET', '/api/v1/reach'],
  listRuns: ['GET', '/api/v1/runs'],
  getRun: ['GET', '/api/v1/runs/{id}'],
  cancelRun: ['POST', '/api/v1/runs/{id}/cancel'],
  listRunResults: ['GET', '/api/v1/runs/{id}/results'],
  downloadRunCsv: ['GET', '/api/v1/runs/{id}/executions.csv'],
  downloadRunJson: ['GET', '/api/v1/runs/{id}/executions.json'],
  retryRun: ['POST', '/api/v1/runs/{id}/retry'],
  listExecutions: ['GET', '/api/v1/executions'],
  getExecution: ['GET', '/api/v1/executions/{id}'],
  whyExecution: ['GET', '/api/v1/executions/{id}/why'],
  whyClient: ['GET', '/api/v1/why'],
  cancelExecution: ['POST', '/api/v1/executions/{id}/cancel'],
  retryExecution: ['POST', '/api/v1/executions/{id}/retry'],
  getOutput: ['GET', '/api/v1/executions/{id}/output'],
  getStats: ['GET', '/api/v1/stats'],
  getRunStats: ['GET', '/api/v1/stats/runs'],
  search: ['GET', '/api/v1/search'],
  listAudit: ['GET', '/api/v1/audit'],
  getSettings: ['GET', '/api/v1/settings'],
  changeSettings: ['PATCH', '/api/v1/settings'],
  events: ['GET', '/api/v1/events'],
  getBrake: ['GET', '/api/v1/brake'],
  releaseBrake: ['POST', '/api/v1/brake/release'],
  stopAllWork: ['POST', '/api/v1/stop-all-work'],
  resumeAllWork: ['POST', '/api/v1/resume-all-work'],
  listNotificationTargets: ['GET', '/api/v1/notifications/targets'],
  createNotificationTarget: ['POST', '/api/v1/notifications/targets'],
  getNotificationTarget: ['GET', '/api/v1/notifications/targets/{id}'],
  changeNotificationTarget: ['PATCH', '/api/v1/notifications/targets/{id}'],
  deleteNotificationTarget: ['DELETE', '/api/v1/notifications/targets/{id}'],
  testNotificationTarget: ['POST', '/api/v1/notifications/targets/{id}/test'],
  listNotificationMessages: ['GET', '/api/v1/notifications/messages'],
  retryNotificationMessage: ['POST', '/api/v1/notifications/messages/{id}/retry'],
} as const
