/** Who calls, and where: what the edge knows of a request once it is authenticated. */
import type { CallTrace } from '../ports/hsm.ts';

export interface KmsCaller {
  /** Twelve digits. */
  readonly account: string;
  /** `arn:aws:iam::111122223333:root`, `arn:aws:iam::111122223333:user/alice`, … */
  readonly principalArn: string;
  /** As in `GetCallerIdentity`: the account for root, else the principal's unique id. */
  readonly userId: string;
  readonly accessKeyId: string;
}

/** One call of the API. */
export interface KmsCall {
  /** UUID, also in the answer's `x-amzn-RequestId`. */
  readonly requestId: string;
  readonly caller: KmsCaller;
  /** From the credential scope: the Region whose keys the call sees. */
  readonly region: string;
  /** On the clock's monotonic scale: until when an answer is worth anything. */
  readonly deadlineMs: number;
  /** Filled in on the way, for the log. */
  readonly trace?: CallTrace;
}
