/** One thing that the XKS specification asks of the operator, and how this configuration stands to it. */

/**
 * - `ok`: looked at and found right
 * - `duty`: for the operator to see to, cannot be seen from here
 * - `warning`: AWS KMS would probably refuse it
 * - `problem`: cannot work
 */
export interface Duty {
  readonly requirement: string;
  readonly severity: 'ok' | 'duty' | 'warning' | 'problem';
  readonly text: string;
}
