import { describeProofs } from './proof-table.contract.ts'

describeProofs('docs/coverage.md', {
  '1. The life of a task': 65,
  '2. The protocol of clients': 19,
  '3. Plugins': 27,
  '4. The HTTP API': 24,
  '5. Settings and commands': 15,
  '6. Limits': 16,
})
