import { describeStorm } from '#e2e/harness/storm.contract.ts'

// The clients of a thousand PCs in one process, beside their server, on the cores of one machine.
describeStorm(1_000, 5_000)
