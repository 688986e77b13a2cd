const LOOK_AGAIN_MS = 100
const ANSWERED_MS_MAX = 20_000

/** Waits until `/readyz` answers with this status. Its answer is a second old at most, and nothing tells when it changes. */
export async function readyIs(url: string, status: 200 | 503): Promise<void> {
  const end = performance.now() + ANSWERED_MS_MAX
  for (;;) {
    const answer = await fetch(`${url}/readyz`)
    if (answer.status === status) return
    if (performance.now() > end) throw new Error(`/readyz still answers ${answer.status}: ${await answer.text()}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
