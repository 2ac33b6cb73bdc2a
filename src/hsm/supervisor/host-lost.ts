import { HsmFault } from '../../domain/hsm-fault.ts';

/** A call that got no answer because its host is gone. */
export class HostLost extends HsmFault {
  /** False when the host never saw the call: then it may go elsewhere without a second thought. */
  readonly sent: boolean;
  /** The host died of its own doing, which may have been this very call. */
  readonly crashed: boolean;

  constructor(reason: string, { sent, crashed }: { sent: boolean; crashed: boolean }) {
    super('unavailable', 'the token host was lost', { cause: new Error(reason) });
    this.sent = sent;
    this.crashed = crashed;
  }
}
