import { writeFile } from 'node:fs/promises'

import { openApiDocument } from '@octopus/protocol/openapi.ts'

import { clientText } from './generate-client.ts'
import { fieldsText } from './generate-fields.ts'

const document = openApiDocument()
await writeFile(new URL('../src/schema.ts', import.meta.url), clientText(document))
await writeFile(new URL('../src/operation-fields.ts', import.meta.url), fieldsText(document))
