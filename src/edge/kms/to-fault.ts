/** The one place where anything thrown becomes an error of the API. What is not known by type says nothing to the client. */
import { HsmFault } from '../../domain/hsm-fault.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import { BodyIncomplete, BodyTooLarge } from '../http/exchange.ts';
import { KMS_FAULT_OF_HSM } from './error-table.ts';

/** The fault to answer with; what it came from is its `cause`, for the log alone. */
export function toFault(error: unknown): KmsFault {
  if (error instanceof KmsFault) return error;
  if (error instanceof HsmFault) {
    const name = KMS_FAULT_OF_HSM[error.code];
    return new KmsFault(name, HSM_TEXTS[name], { cause: error, logFields: { reason: error.code } });
  }
  if (error instanceof BodyTooLarge) {
    return new KmsFault(
      'RequestEntityTooLargeException',
      `The request body has more than ${error.maxBytes} bytes.`,
    );
  }
  if (error instanceof BodyIncomplete) {
    return new KmsFault('MalformedHttpRequestException', 'The request ended before its body was complete.');
  }
  return new KmsFault('KMSInternalException', undefined, { cause: error });
}

export const TIMED_OUT =
  'The system timed out while trying to fulfill the request. You can retry the request.';

const HSM_TEXTS: Readonly<
  Record<(typeof KMS_FAULT_OF_HSM)[keyof typeof KMS_FAULT_OF_HSM], string | undefined>
> = {
  DependencyTimeoutException: TIMED_OUT,
  ThrottlingException:
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  KMSInternalException: undefined,
};
