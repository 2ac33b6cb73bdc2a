/**
 * Emulated devices, which exist in tests alone: a token host can put SoftHSM2 behind a filter that has the limits
 * and the return values of another device. Whatever such a host shows of itself says so.
 */

/** Environment variable of a token host: the personality that it puts before its module. */
export const PERSONALITY_VARIABLE = 'PORTCULLIS_PERSONALITY';

/** Directory in which processes that emulate one and the same device meet. */
export const PERSONALITY_DIRECTORY_VARIABLE = 'PORTCULLIS_PERSONALITY_DIRECTORY';

/** Without this, a token host refuses a personality. It is inherited, and cannot be configured. */
export const TEST_MODE_VARIABLE = 'PORTCULLIS_TEST_MODE';

export interface ShownDevice {
  readonly vendor: string;
  readonly model: string;
}

/** How an emulated device shows its vendor or model. */
export function emulated(name: string): string {
  return `${name}${MARK}`;
}

export function isEmulated({ vendor }: Pick<ShownDevice, 'vendor'>): boolean {
  return vendor.endsWith(MARK);
}

/** What is shown of a token's device before it was reached. */
export function expectedDevice(
  { vendor, model }: ShownDevice,
  env: Readonly<Record<string, string>>,
): ShownDevice {
  if (env[PERSONALITY_VARIABLE] === undefined) return { vendor, model };
  return { vendor: emulated(vendor), model: emulated(model) };
}

const MARK = ' (emulated)';
