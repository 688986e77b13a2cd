import { parentPort } from 'node:worker_threads'

import { present } from '@octopus/kit/assert.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { readSource } from './read-source.ts'

// A source of a mebibyte can be made so that reading it takes seconds: here nobody else waits for it.
const port = present(parentPort, 'the thread that started this one')
port.on('message', ([language, source]: [Language, string]) => port.postMessage(readSource(language, source)))
