/** What a request that was not believed says of its signer, for the operator who compares it with the configuration. */

/** Only texts that look like an access key id and a Region: a secret pasted in their place must not reach the log. */
export interface ClaimedCredential {
  readonly claimedAccessKeyId?: string;
  readonly claimedRegion?: string;
}

/** @req X-70 */
export function claimedCredential(rawHeaders: readonly string[]): ClaimedCredential {
  const name = rawHeaders.findIndex(
    (text, index) => index % 2 === 0 && text.toLowerCase() === 'authorization',
  );
  const [, accessKeyId = '', region = ''] = CREDENTIAL.exec(rawHeaders[name + 1] ?? '') ?? [];
  return {
    ...(ACCESS_KEY_ID.test(accessKeyId) ? { claimedAccessKeyId: accessKeyId } : {}),
    ...(REGION.test(region) ? { claimedRegion: region } : {}),
  };
}

const CREDENTIAL = /Credential=([^/,\s]{1,128})\/[^/,\s]{1,128}\/([^/,\s]{1,128})\//;
const ACCESS_KEY_ID = /^[A-Z0-9]{16,128}$/;
const REGION = /^[a-z]{2,8}(-[a-z]{1,16}){1,3}-[0-9]{1,2}$/;
