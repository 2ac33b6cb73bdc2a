/** The quota of one path prefix over its whole life: reloads change it, and never hand out what was spent already. */
import type { Quota } from '../../domain/xks/key-store.ts';
import { TokenBucket } from '../../domain/xks/token-bucket.ts';

/** Shared by every configuration that has the prefix, so requests under way meet the quota in force. */
export class PrefixQuota {
  #bucket: TokenBucket | undefined;

  get perSecond(): number {
    return this.#bucket?.quota.perSecond ?? Number.POSITIVE_INFINITY;
  }

  /** False when the prefix is over its quota. @req X-11 X-56 */
  take(nowMs: number): boolean {
    return this.#bucket?.take(nowMs) ?? true;
  }

  /**
   * A bucket that was half full is followed by one that is half full; the first starts full.
   * @req X-11
   */
  change(quota: Quota | undefined, nowMs: number): void {
    const before = this.#bucket;
    if (before?.quota.perSecond === quota?.perSecond && before?.quota.burst === quota?.burst) return;
    this.#bucket = quota && new TokenBucket(quota, nowMs, before?.filled(nowMs));
  }
}
