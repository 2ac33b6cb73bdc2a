/** Logging in under the PIN latch: the one way in which this program sends a PIN to a token. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { Secret } from '../../domain/secret.ts';
import { fitsPinForm } from '../devices/pin-form.ts';
import type { DeviceProfile } from '../devices/profile.ts';
import type { OpenedToken } from '../devices/token-shapes.ts';
import { HostFault } from '../wire/messages.ts';
import type { HostLink } from './host-link.ts';
import { HostLost } from './host-lost.ts';
import type { PinLatch } from './pin-latch.ts';

export interface LatchedLogin {
  readonly link: HostLink;
  readonly token: OpenedToken;
  readonly profile: DeviceProfile;
  readonly pin: Secret;
  readonly latch: PinLatch;
}

/** Fault `pin-locked` when the token, the latch or the form of the PIN forbids the attempt, or the token refuses the PIN. */
export async function latchedLogin({ link, token, profile, pin, latch }: LatchedLogin): Promise<void> {
  if (token.userPinLocked) throw new HsmFault('pin-locked', 'the token says that the user PIN is locked');
  if (token.userPinFinalTry) {
    throw new HsmFault('pin-locked', 'the token has one PIN attempt left, which is for a person to make');
  }
  refuseMalformed(profile, pin);
  // Whoever waited for its turn may have lost its host meanwhile: no attempt, so nothing to note.
  if (link.lost) throw new HsmFault('unavailable', 'the token host was lost before the login');
  const tokenCountsNoFailure = profile.showsFailedLogins && !token.userPinCountLow;
  const attempt = latch.claim({ tokenSerial: token.serial, pin, tokenCountsNoFailure });
  const bytes = Buffer.from(pin.reveal(), 'utf8');
  try {
    await link.call('login', bytes);
    attempt.clear();
  } catch (error) {
    if (error instanceof HostLost && !error.sent) attempt.clear();
    else if (error instanceof HostFault && error.report.pinUnjudged === true) attempt.clear();
    else if (error instanceof HsmFault && error.code === 'pin-locked') attempt.keep();
    // Any other end leaves the attempt noted as open: nobody knows whether the token counted it.
    throw error;
  } finally {
    bytes.fill(0);
  }
}

/** A PIN that cannot be right must not cost one of the device's few tries. Fault `pin-locked`. */
export function refuseMalformed({ name, pin: form }: DeviceProfile, pin: Secret): void {
  if (fitsPinForm(form, pin.reveal())) return;
  throw new HsmFault(
    'pin-locked',
    `the PIN does not have the form of ${name} (${form.expected}) and was not sent; put the right one into place and restart`,
  );
}
