import { writeFile } from 'node:fs/promises'

import { openApiDocument } from '@octopus/protocol/openapi.ts'

import { clientText } from './generate-client.ts'

await writeFile(new URL('../src/api/schema.ts', import.meta.url), clientText(openApiDocument()))
