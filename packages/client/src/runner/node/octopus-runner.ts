// The process in which plugins run that are not written in Python: one file, two threads. The main thread runs modules
// (TypeScript, JavaScript) and scripts (shell, PowerShell), the other one is the keeper. Packed into one file of its
// own, `node/octopus-runner.mjs`, where the client is. Why: docs/decisions/0042-other-languages.md.
import { isMainThread } from 'node:worker_threads'

import { keep } from './keeper.ts'
import { work } from './work.ts'

if (isMainThread) work(import.meta.filename)
else keep()
