import { describeProofs } from './proof-table.contract.ts'

describeProofs('docs/coverage.md', {
  '1. The life of a task': 106,
  '2. The protocol of clients': 42,
  '3. Plugins': 50,
  '4. The HTTP API': 57,
  '5. Settings and commands': 23,
  '6. Limits': 22,
  '7. What everything else follows': 22,
})
