/** The start failed for a reason that a person can mend. The message is one sentence with the value and the remedy. */
export class Outage extends Error {
  override name = 'Outage'
}
