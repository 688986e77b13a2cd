import { describeStorm } from '#e2e/harness/storm.contract.ts'

describeStorm(200, 2_000)
