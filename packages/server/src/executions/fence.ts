/**
 * What the server's MAC covers: the attempt's fence, its execution and the client it was handed to, so that a proof
 * speaks for no other client.
 */
export function fenceText(parts: {
  readonly execution: string
  readonly fence: number
  readonly client: string
}): string {
  return `octopus-fence-1\n${parts.execution}\n${parts.fence}\n${parts.client}`
}
