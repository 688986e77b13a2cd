import { describeStorm } from '#e2e/harness/storm.ts'

describeStorm(200, 2_000)
