import { parentPort } from 'node:worker_threads'

import { present } from '@octopus/kit/assert.ts'

import { readPython } from './read-python.ts'

// A source of a mebibyte can be made so that reading it takes seconds: here nobody else waits for it.
const port = present(parentPort, 'the thread that started this one')
port.on('message', (source: string) => port.postMessage(readPython(source)))
