/**
 * The one operation of STS that is served: GetCallerIdentity, which needs no permission. Query protocol: a form comes
 * in, XML goes out.
 */
import type { KmsCaller } from '../../domain/kms/caller.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import { escapeXml } from './xml-text.ts';

export interface StsAction {
  /** As it was sent, if it could be a name; nothing yet says that there is such an operation. */
  readonly name: string;
  readonly version: string;
}

/** Reads what a form asks for; nothing else in it matters. */
export function stsAction(body: Uint8Array): StsAction {
  const form = new URLSearchParams(Buffer.from(body).toString('utf8'));
  return { name: wordOf(form.get('Action')), version: wordOf(form.get('Version')) };
}

/** The answer's body. Fault: `UnknownOperationException`, which STS calls InvalidAction. */
export function answerStsQuery(action: StsAction, caller: KmsCaller, requestId: string): string {
  if (action.name !== 'GetCallerIdentity') {
    throw new KmsFault(
      'UnknownOperationException',
      `Could not find operation ${action.name} for version ${action.version}`,
    );
  }
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>${escapeXml(caller.principalArn)}</Arn>
    <UserId>${escapeXml(caller.userId)}</UserId>
    <Account>${escapeXml(caller.account)}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>${escapeXml(requestId)}</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
`;
}

/** Only what looks like a name goes into logs and answers. */
function wordOf(text: string | null): string {
  return text !== null && WORD.test(text) ? text : '';
}

const WORD = /^[\w-]{1,64}$/;
