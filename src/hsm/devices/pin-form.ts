/** What PINs of a kind of device look like. A form refuses only what the device would refuse for certain. */

export interface PinForm {
  /** Regular expression for the whole PIN, each byte of its UTF-8 a character. Text, because profiles are JSON. */
  readonly pattern: string;
  /** Completes "expected …" and never quotes a PIN. */
  readonly expected: string;
}

/** Whether a PIN could be accepted at all. */
export function fitsPinForm({ pattern }: PinForm, pin: string): boolean {
  const bytes = String.fromCharCode(...new TextEncoder().encode(pin));
  return new RegExp(`^(?:${pattern})$`, 's').test(bytes);
}
